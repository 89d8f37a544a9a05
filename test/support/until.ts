/** Waits for something that real sockets bring; gives up after many turns of the event loop, and says on what. */
export async function until(holds: () => boolean, what = String(holds)): Promise<void> {
  for (let turn = 0; turn < 200_000; turn++) {
    if (holds()) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error(`never came true: ${what}`);
}
