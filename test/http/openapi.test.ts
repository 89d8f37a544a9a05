import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ApiDocument, postmanCollection } from "../../scripts/postman.ts";
import { type HttpFixture, httpFixture } from "./http-fixture.ts";

interface Media {
  readonly schema: Schema;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>;
}

interface Schema {
  readonly $ref?: string;
  readonly examples?: readonly unknown[];
  readonly items?: Schema;
}

interface Operation {
  readonly operationId?: string;
  readonly tags?: readonly string[];
  readonly summary?: string;
  readonly security?: readonly object[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, Media>> }>>;
}

interface Document {
  readonly openapi: string;
  readonly info: { readonly version: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

let fixture: HttpFixture;
let document: Document;

beforeAll(async () => {
  fixture = await httpFixture();
  document = (await fixture.app.inject("/openapi.json")).json();
});

afterAll(async () => {
  await fixture.close();
});

function operations(): (readonly [string, Operation])[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(
      ([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const,
    ),
  );
}

/** JSON bodies of requests and of answers with 200, by a name that tells where they are. */
function jsonBodies(): (readonly [string, Media])[] {
  return operations().flatMap(([name, { requestBody, responses }]) => {
    const bodies = { request: requestBody?.content, 200: responses[200]?.content };
    return Object.entries(bodies).flatMap(([kind, content]) => {
      const media = content?.["application/json"];
      return media === undefined ? [] : [[`${name}, ${kind}`, media] as const];
    });
  });
}

/** All examples of a body: its own, those of its schema, or one of each schema that a list is made of. */
function examplesOf({ example, examples, schema }: Media): readonly unknown[] {
  const own = [
    ...(example === undefined ? [] : [example]),
    ...Object.values(examples ?? {}).map(({ value }) => value),
  ];
  if (own.length > 0) return own;
  const { examples: given, items } = resolved(schema);
  if (given !== undefined) return given;
  return (items === undefined ? [] : (resolved(items).examples ?? [])).map((one) => [one]);
}

function resolved(schema: Schema): Schema {
  const name = schema.$ref?.split("/").at(-1);
  return name === undefined ? schema : (document.components.schemas[name] as Schema);
}

describe("the API's description", () => {
  it("is OpenAPI 3.1 of this version", () => {
    const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
    expect(document).toMatchObject({ openapi: "3.1.0", info: { title: "Earshot", version } });
  });

  it("names every operation once, and says what it is and who may use it", () => {
    const incomplete = operations().filter(
      ([, { operationId, tags, summary, security }]) =>
        !operationId || !tags?.length || !summary || !security,
    );
    expect(incomplete.map(([name]) => name)).toEqual([]);
    const ids = operations().map(([, { operationId }]) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("tells of 401 and 429 wherever the key is needed", () => {
    const silent = operations().filter(
      ([, { security, responses }]) =>
        security?.some((scheme) => "bearer" in scheme) && !(responses[401] && responses[429]),
    );
    expect(silent.map(([name]) => name)).toEqual([]);
  });

  it("has an example of every JSON body, which is valid by its own schema", () => {
    const ajv = new Ajv2020({ strict: false, allErrors: true });
    (formats as unknown as (ajv: Ajv2020) => void)(ajv);
    ajv.addSchema(document, "api");
    const problems = jsonBodies().flatMap(([name, media]) => {
      const examples = examplesOf(media);
      if (examples.length === 0) return [`${name}: no example`];
      const schema = JSON.parse(JSON.stringify(media.schema).replaceAll('"#/', '"api#/')) as object;
      const validate = ajv.compile(schema);
      return examples.flatMap((example) =>
        validate(example)
          ? []
          : [`${name}: ${ajv.errorsText(validate.errors)} in ${JSON.stringify(example)}`],
      );
    });
    expect(problems).toEqual([]);
    expect(jsonBodies().length).toBeGreaterThan(25);
  });

  it("can be read under /docs", async () => {
    const page = await fixture.app.inject("/docs");
    expect(page.statusCode).toBe(200);
    expect(page.headers["content-type"]).toContain("text/html");
    expect((await fixture.app.inject("/docs/static/swagger-ui.css")).statusCode).toBe(200);
  });
});

describe("the Postman collection", () => {
  interface Item {
    readonly id?: string;
    readonly item?: readonly Item[];
    readonly request?: { readonly method: string; readonly url: { readonly host: readonly string[] } };
    readonly response?: readonly { readonly id: string }[];
  }

  const itemsOf = (item: Item): readonly Item[] => (item.item ? item.item.flatMap(itemsOf) : [item]);

  it("has every operation once, at an address and with a key that are variables", async () => {
    const collection = await postmanCollection(document as unknown as ApiDocument);
    const requests = collection.item.flatMap((item) => itemsOf(item as Item));
    expect(requests).toHaveLength(operations().length);
    expect(new Set(requests.flatMap(({ request }) => request?.url.host))).toEqual(new Set(["{{baseUrl}}"]));
    expect(collection.variable).toEqual([
      { key: "baseUrl", value: "http://127.0.0.1:8000" },
      { key: "bearerToken", value: "" },
    ]);
    expect(JSON.stringify(collection.auth)).toContain("{{bearerToken}}");
    const ids = requests.flatMap(({ id, response }) => [id, ...(response ?? []).map((one) => one.id)]);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("is the same for the same document", async () => {
    const [first, second] = [
      await postmanCollection(document as unknown as ApiDocument),
      await postmanCollection(document as unknown as ApiDocument),
    ];
    expect(first).toEqual(second);
  });
});
