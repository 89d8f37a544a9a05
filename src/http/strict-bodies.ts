import { AjvCompiler } from "@fastify/ajv-compiler";
import type { FastifyServerOptions } from "fastify";

type Compilers = NonNullable<NonNullable<FastifyServerOptions["schemaController"]>["compilersFactory"]>;
type BuildValidator = NonNullable<Compilers["buildValidator"]>;
/** What is used of it: schemas and options in, a compiler for the parts of routes out. */
type Build = (
  schemas: unknown,
  options?: { customOptions?: object },
) => (route: { httpPart?: string }) => unknown;

const compilerOf = AjvCompiler() as Build;

const build: Build = (schemas, options) => {
  const customOptions = { ...options?.customOptions, coerceTypes: false, removeAdditional: false };
  const converting = compilerOf(schemas, options);
  const strict = compilerOf(schemas, { ...options, customOptions });
  return (route) => (route.httpPart === "body" ? strict : converting)(route);
};

/**
 * Numbers in a path or a query are text, so types are converted there. In a body they are not: `"5"` for 5 is
 * the client's mistake, which Fastify's own settings would hide.
 */
export const strictBodies = build as BuildValidator;
