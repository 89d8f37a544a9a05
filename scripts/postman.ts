import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { exampleOf, type NamedSchemas, type Schema } from "./example-of.ts";

/** As much of an OpenAPI document as is needed here. */
export interface ApiDocument {
  readonly servers?: readonly { readonly url: string }[];
  readonly paths?: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components?: { readonly schemas?: object };
}

interface Operation {
  readonly parameters?: readonly Example[];
  readonly requestBody?: { readonly content?: Readonly<Record<string, Example>> };
  readonly responses?: Readonly<Record<string, { readonly content?: Readonly<Record<string, Example>> }>>;
}

/** A parameter, or a body of some type. */
interface Example {
  example?: unknown;
  readonly examples?: object;
  readonly schema?: Schema;
}

interface Collection {
  item: Item[];
  info: Record<string, unknown>;
  [key: string]: unknown;
}

interface Item {
  id?: string;
  readonly name: string;
  readonly item?: Item[];
  response?: { id?: string; readonly name: string; readonly code: number }[];
}

type Convert = (
  input: { readonly type: "json"; readonly data: object },
  options: object,
  done: (
    error: Error | null,
    result?: {
      readonly result: boolean;
      readonly reason?: string;
      readonly output?: readonly [{ readonly data: Collection }];
    },
  ) => void,
) => void;

const { convertV2 } = createRequire(import.meta.url)("openapi-to-postmanv2") as {
  readonly convertV2: Convert;
};

const options = {
  folderStrategy: "Tags",
  parametersResolution: "Example",
  enableOptionalParameters: false,
  includeAuthInfoInExample: false,
  alwaysInheritAuthentication: true,
};

/**
 * The Postman collection of an API, the same for the same document: every value is an example (the converter
 * would invent others each time), and ids are made of names. The key and the address are variables.
 */
export async function postmanCollection(document: ApiDocument): Promise<Collection> {
  const data = structuredClone(document);
  fillExamples(data);
  const { item, info } = await convert(data);
  item.forEach((part) => void settle(part, ""));
  return {
    info: { ...info, _postman_id: idOf("collection") },
    item,
    auth: { type: "bearer", bearer: [{ key: "token", value: "{{bearerToken}}", type: "string" }] },
    variable: [
      { key: "baseUrl", value: document.servers?.[0]?.url ?? "" },
      { key: "bearerToken", value: "" },
    ],
  };
}

function fillExamples({ paths, components }: ApiDocument): void {
  const named = (components?.schemas ?? {}) as NamedSchemas;
  const fill = (one: Example): void => {
    if (one.schema === undefined || one.examples !== undefined) return;
    one.example ??= exampleOf(one.schema, named);
    const fields = one.example as Record<string, unknown>; // of a form, which the converter takes one by one
    for (const [name, part] of Object.entries(one.schema.properties ?? {})) part.example ??= fields[name];
  };
  for (const { parameters, requestBody, responses } of Object.values(paths ?? {}).flatMap(
    Object.values<Operation>,
  )) {
    for (const parameter of parameters ?? []) fill(parameter);
    const bodies = [requestBody, ...Object.values(responses ?? {})];
    for (const body of bodies) for (const media of Object.values(body?.content ?? {})) fill(media);
  }
}

async function convert(data: object): Promise<Collection> {
  const { promise, resolve, reject } = Promise.withResolvers<Collection>();
  convertV2({ type: "json", data }, options, (error, result) => {
    const [output] = result?.output ?? [];
    if (error === null && output !== undefined) resolve(output.data);
    else reject(new Error(`No collection: ${result?.reason ?? String(error)}`, { cause: error }));
  });
  return promise;
}

/** Gives ids that stay, and leaves out the answers that refuse: they are all alike. */
function settle(part: Item, folder: string): void {
  const path = `${folder}/${part.name}`;
  if (part.id !== undefined) part.id = idOf(path);
  for (const inner of part.item ?? []) settle(inner, path);
  if (part.response === undefined) return;
  part.response = part.response
    .filter(({ code }) => code < 400)
    .map((response) => ({ ...response, id: idOf(`${path}/${response.code}`) }));
}

/** An id in the form of a UUID, always the same for the same name. */
function idOf(name: string): string {
  const digits = createHash("sha256").update(name).digest("hex");
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    digits.slice(12, 16),
    digits.slice(16, 20),
    digits.slice(20, 32),
  ].join("-");
}
