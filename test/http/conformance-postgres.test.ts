import { afterAll, describe, it } from "vitest";
import { startPostgres } from "../support/postgres.ts";
import { startForConformance } from "./conformance-start.ts";
import { conformance } from "./conformance-suite.ts";

const postgres = await startPostgres();

if ("missing" in postgres) {
  console.log(`skipped: ${postgres.missing}`);
  it.skip(postgres.missing, () => {});
} else {
  describe("with PostgreSQL", () => {
    afterAll(() => postgres.stop());
    conformance(() => startForConformance({ DATABASE_URL: postgres.url }));
  });
}
