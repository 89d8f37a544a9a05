/** As much of a JSON Schema as an example needs. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  example?: unknown;
  readonly examples?: readonly unknown[];
  readonly format?: string;
  readonly minimum?: number;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
}

/** Schemas by the name that `#/components/schemas/…` gives them. */
export type NamedSchemas = Readonly<Record<string, Schema>>;

/** The schema that a reference means. */
export function resolved(schema: Schema, named: NamedSchemas): Schema {
  const name = schema.$ref?.split("/").at(-1);
  const target = name === undefined ? undefined : named[name];
  return target === undefined ? schema : resolved(target, named);
}

/** A value for the schema: the one that its author gave, else one put together from those of its parts. */
export function exampleOf(schema: Schema, named: NamedSchemas): unknown {
  const { example, examples, default: usual, enum: choices, anyOf, oneOf, ...rest } = resolved(schema, named);
  const given = [schema.examples?.[0], example, examples?.[0], rest.const, usual, choices?.[0]];
  const [first] = given.filter((value) => value !== undefined);
  if (first !== undefined) return first;
  const [variant] = anyOf ?? oneOf ?? [];
  if (variant !== undefined) return exampleOf(variant, named);
  const type = typeof rest.type === "string" ? rest.type : rest.type?.[0];
  switch (type) {
    case "object":
      return Object.fromEntries(
        Object.entries(rest.properties ?? {}).map(([name, part]) => [name, exampleOf(part, named)]),
      );
    case "array":
      return rest.items === undefined ? [] : [exampleOf(rest.items, named)];
    case "integer":
    case "number":
      return rest.minimum ?? 1;
    case "boolean":
      return true;
    case "null":
      return null;
    default:
      return rest.format === "date-time" ? "2025-01-15T10:30:00.000Z" : "text";
  }
}
