import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Journals } from "../src/journal/journals.ts";
import { readJournal, writeJournal } from "../src/journal/read-journal.ts";
import { journalStories, openStory } from "../test/support/journal-stories.ts";

/**
 * Makes test/fixtures/journals: the journals of simulated calls on a manual clock. The same stories make the same
 * journals; run it when the format or what a story tells has changed, not to make a failing replay pass.
 */
const folder = join(import.meta.dirname, "../test/fixtures/journals");
for (const story of journalStories) {
  const scratch = mkdtempSync(join(tmpdir(), "earshot-journal-"));
  try {
    let kept: Journals | undefined;
    const call = await openStory(story, (registry, clock) => {
      kept = new Journals({
        registry,
        clock,
        of: "all",
        folder: scratch,
        gateway: "fixture",
        onError: (error) => {
          throw error;
        },
      });
      return kept;
    });
    await story.tell(call);
    await call.clock.settleTo(call.clock.now());
    await kept?.written();
    const journal = readJournal(readFileSync(join(scratch, "1.jsonl.gz")));
    const file = writeJournal(journal);
    writeFileSync(join(folder, `${story.name}.jsonl.gz`), file);
    process.stdout.write(
      `${story.name}: ${journal.entries.length} entries, ${journal.trailer.decisions.length} decisions, ${file.length} bytes\n`,
    );
  } finally {
    rmSync(scratch, { recursive: true });
  }
}
