import { expect } from "vitest";

/** Fields that may be null although the seeds' examples show a value. */
const nullable = new Set(["customer_id", "trunk_id", "sentiment", "end_time"]);

/** What the client, or nobody, decides the shape of. */
const free = new Set(["metadata"]);

const ISO = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/;

/** Expects exactly the fields of a seed's example, each of the example's type; of a list, every element. */
export function expectShape(actual: unknown, example: unknown, path = "body"): void {
  if (Array.isArray(example)) {
    expect(Array.isArray(actual), `${path} is a list`).toBe(true);
    if (example.length === 0) return;
    for (const [at, item] of (actual as unknown[]).entries()) expectShape(item, example[0], `${path}[${at}]`);
  } else if (typeof example === "object" && example !== null) {
    expect(typeof actual, path).toBe("object");
    const given = actual as Record<string, unknown>;
    expect(Object.keys(given).sort(), `fields of ${path}`).toEqual(Object.keys(example).sort());
    for (const [name, value] of Object.entries(example))
      expectField(name, given[name], value, `${path}.${name}`);
  } else {
    expectValue(actual, example, path);
  }
}

function expectField(name: string, actual: unknown, example: unknown, path: string): void {
  if (actual === null) expect(nullable.has(name), `${path} may be null`).toBe(true);
  else if (free.has(name)) expect(typeof actual, path).toBe("object");
  else if (example !== null) expectShape(actual, example, path);
  else expect(typeof actual, path).toBe("string");
}

function expectValue(actual: unknown, example: unknown, path: string): void {
  expect(typeof actual, path).toBe(typeof example);
  if (Number.isInteger(example)) expect(Number.isInteger(actual), `${path} is whole`).toBe(true);
  if (typeof example === "string" && ISO.test(example)) expect(actual, path).toMatch(ISO);
}
