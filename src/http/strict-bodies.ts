import { AjvCompiler } from "@fastify/ajv-compiler";
import type { FastifyServerOptions } from "fastify";

type Compilers = NonNullable<NonNullable<FastifyServerOptions["schemaController"]>["compilersFactory"]>;
type BuildValidator = NonNullable<Compilers["buildValidator"]>;

const compilerOf = AjvCompiler() as BuildValidator;

/**
 * Numbers in a path or a query are text, so types are converted there. In a body they are not: `"5"` for 5 is
 * the client's mistake, which Fastify's own settings would hide.
 */
export const strictBodies = ((externalSchemas, options) => {
  const customOptions = { ...options?.customOptions, coerceTypes: false, removeAdditional: false };
  const converting = compilerOf(externalSchemas, options);
  const strict = compilerOf(externalSchemas, { ...options, customOptions });
  return (route: { readonly httpPart?: string }) => (route.httpPart === "body" ? strict : converting)(route);
}) as BuildValidator;
