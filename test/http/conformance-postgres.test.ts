import { afterAll, describe } from "vitest";
import { startPostgres } from "../support/postgres.ts";
import { startForConformance } from "./conformance-start.ts";
import { conformance } from "./conformance-suite.ts";

const postgres = await startPostgres();

describe.skipIf("missing" in postgres)("with PostgreSQL", () => {
  const { url, stop } = "url" in postgres ? postgres : { url: "", stop: async () => {} };
  afterAll(stop);
  conformance(() => startForConformance({ DATABASE_URL: url }));
});
