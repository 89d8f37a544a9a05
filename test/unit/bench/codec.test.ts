import { expect, it } from "vitest";
import { codec } from "../../../bench/codec.ts";

it("measures every step of a frame, beside the plain way where there is one", async () => {
  const [table] = await codec({ quick: true, profile: false, progress: () => undefined });
  expect(table?.rows.map(({ step }) => step)).toEqual([
    "μ-law → samples (160)",
    "samples → μ-law (160)",
    "media message → frame",
    "frame → media message",
    "voice activity",
  ]);
  for (const row of table?.rows ?? []) expect(row["ours (ns)"]).toBeGreaterThan(0);
});
