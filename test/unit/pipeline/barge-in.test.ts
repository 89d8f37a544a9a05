import { describe, expect, it } from "vitest";
import { bounds, Telling } from "../../support/telling.ts";

describe("barge-in", () => {
  it("stops at the onset of speech, before anybody knows what it is", () => {
    const told = new Telling().answering();
    expect(told.at(5000, { type: "speech-started", since: 4940 })).toEqual([{ type: "hold", turn: 1 }]);
    expect(told.facts).toContainEqual({ type: "barge-in", turn: 1, speechStartedAt: 4940 });
  });

  it("is an interruption with the first words", () => {
    const told = new Telling().answering();
    told.at(5000, { type: "speech-started", since: 4940 });
    expect(told.at(5200, { type: "interim", text: "no", confidence: 0.5 })).toEqual([
      { type: "cancel", turn: 1 },
    ]);
    expect(told.facts).toContainEqual({ type: "barge-in-decided", turn: 1, outcome: "interrupted" });
    told.at(6140, { type: "speech-ended", since: 6000 });
    told.at(6200, { type: "final", text: "No, on Sunday.", confidence: 0.9 });
    expect(told.at(7000)).toContainEqual({ type: "caller-said", text: "No, on Sunday.", by: "voice" });
  });

  it("is an interruption when it goes on, if only signs of attention were understood", () => {
    const told = new Telling().answering();
    told.at(5000, { type: "speech-started", since: 4940 });
    told.at(5300, { type: "interim", text: "okay okay", confidence: 0.5 });
    expect(told.at(4940 + bounds.sustainedSpeech - 1)).toEqual([]);
    expect(told.at(4940 + bounds.sustainedSpeech)).toEqual([{ type: "cancel", turn: 1 }]);
  });

  it("is none for music or a crowd, which go on without words, and is not asked about again until they end", () => {
    const told = new Telling().answering();
    told.at(5000, { type: "speech-started", since: 4940 });
    expect(told.at(4940 + bounds.sustainedSpeech)).toEqual([{ type: "resume", turn: 1 }]);
    told.at(9000, { type: "heard", turn: 1 });
    expect(told.at(15_000)).toEqual([]);
  });

  it.each(["mm-hm", "Okay.", "right", "uh huh", "I see."])(
    "is none for a lone %j: the agent goes on",
    (text) => {
      const told = new Telling().answering();
      told.at(5000, { type: "speech-started", since: 4940 });
      told.at(5100, { type: "interim", text, confidence: 0.5 });
      expect(told.at(5440, { type: "speech-ended", since: 5300 })).toEqual([{ type: "finalize" }]);
      expect(told.at(5450, { type: "final", text, confidence: 0.9 })).toEqual([{ type: "resume", turn: 1 }]);
      expect(told.state.phase).toBe("speaking");
      expect(told.facts).toContainEqual({ type: "barge-in-decided", turn: 1, outcome: "resumed" });
      // What the caller said is in the transcript, and does not begin the next turn.
      expect(told.facts).toContainEqual(expect.objectContaining({ type: "caller-said", text, final: true }));
      told.at(8000, { type: "finished", turn: 1 });
      expect(told.at(10_000)).toEqual([]);
    },
  );

  it("is none for a cough: the agent goes on when no words come, or the recogniser says that there were none", () => {
    const silent = new Telling().answering();
    silent.at(5000, { type: "speech-started", since: 4940 });
    silent.at(5340, { type: "speech-ended", since: 5200 });
    expect(silent.at(5340 + bounds.backchannelWait)).toEqual([{ type: "resume", turn: 1 }]);
    const told = new Telling().answering();
    told.at(5000, { type: "speech-started", since: 4940 });
    told.at(5340, { type: "speech-ended", since: 5200 });
    expect(told.at(5350, { type: "final", text: "", confidence: 1 })).toEqual([{ type: "resume", turn: 1 }]);
  });

  it("waits on when the sound comes again before it was decided", () => {
    const told = new Telling().answering();
    told.at(5000, { type: "speech-started", since: 4940 });
    told.at(5340, { type: "speech-ended", since: 5200 });
    told.at(5500, { type: "speech-started", since: 5450 });
    expect(told.at(6000)).toEqual([]);
    expect(told.at(5450 + bounds.sustainedSpeech)).toEqual([{ type: "resume", turn: 1 }]);
  });

  it("makes a turn anew that failed while it was held, if nothing else comes", () => {
    const told = new Telling().answering();
    told.at(5000, { type: "speech-started", since: 4940 });
    told.at(5340, { type: "speech-ended", since: 5200 });
    told.at(5400, { type: "reply-failed", turn: 1, spoke: true });
    expect(told.at(7000)).toContainEqual({ type: "reply", turn: 2 });
  });

  it("is no turn of its own for a sign of attention that did not stop the agent", () => {
    const told = new Telling({}, { turnTaking: { ...bounds, bargeIn: false } }).answering();
    told.says(4500, 4800, "Mm-hm.");
    told.at(6000, { type: "finished", turn: 1 });
    expect(told.at(9000)).toEqual([]);
  });

  it("does not break off a tool at work for a cough, but for words", () => {
    const told = new Telling({}, { turnTaking: { ...bounds, speculation: false } }).greeted();
    told.says(2000, 3000, "I need a repair.");
    told.at(3500, { type: "working", turn: 1, until: 13_500 });
    expect(told.at(3600, { type: "speech-started", since: 3550 })).toEqual([]);
    expect(told.at(3900, { type: "interim", text: "no wait", confidence: 0.5 })).toEqual([
      { type: "cancel", turn: 1 },
    ]);
  });

  it("does not stop a protected sentence", () => {
    const words = new Telling().answering();
    expect(
      words.at(5000, { type: "interim", text: "hold on please", confidence: 1, protected: true }),
    ).toEqual([]);
    const told = new Telling().answering();
    expect(told.at(5000, { type: "speech-started", since: 4940, protected: true })).toEqual([]);
    expect(told.state.phase).toBe("speaking");
  });

  it("when off, lets the agent finish and answers afterwards what was said meanwhile", () => {
    const told = new Telling({}, { turnTaking: { ...bounds, bargeIn: false } }).answering();
    told.says(4500, 5000, "And on Sunday?");
    expect(told.state.phase).toBe("speaking");
    told.at(6000, { type: "finished", turn: 1 });
    expect(told.at(7000)).toContainEqual({ type: "caller-said", text: "And on Sunday?", by: "voice" });
  });

  it("before the answer sounds takes the turn back: the words belong to what is still to come", () => {
    const told = new Telling({}, { turnTaking: { ...bounds, speculation: false } }).greeted();
    told.says(2000, 3000, "I would like a table.");
    expect(told.at(3500)).toContainEqual({ type: "reply", turn: 1 });
    expect(told.at(3600, { type: "speech-started", since: 3550 })).toEqual([{ type: "cancel", turn: 1 }]);
    expect(told.facts).toContainEqual({ type: "turn-abandoned", turn: 1 });
    told.at(4140, { type: "speech-ended", since: 4000 });
    told.at(4200, { type: "final", text: "For two.", confidence: 0.9 });
    expect(told.at(5000)).toContainEqual({ type: "reply", turn: 2 });
  });

  it("answers after all when what took the turn back was nothing", () => {
    const told = new Telling({}, { turnTaking: { ...bounds, speculation: false } }).greeted();
    told.says(2000, 3000, "I would like a table.");
    told.at(3600, { type: "speech-started", since: 3550 });
    told.at(3800, { type: "speech-ended", since: 3700 });
    expect(told.at(6500)).toContainEqual({ type: "reply", turn: 2 });
  });

  it("does not swallow a greeting that has not begun to sound", () => {
    const told = new Telling();
    told.at(0, { type: "opened" });
    expect(told.at(50, { type: "speech-started", since: 0 })).toEqual([]);
  });

  it("comes of two words on a line too quiet for voice activity, and of no fewer", () => {
    const told = new Telling().answering();
    expect(told.at(5000, { type: "interim", text: "stop", confidence: 0.5 })).toEqual([]);
    expect(told.at(5100, { type: "interim", text: "stop please", confidence: 0.5 })).toEqual([
      { type: "hold", turn: 1 },
      { type: "cancel", turn: 1 },
    ]);
  });

  it("comes of keys and typed words at once", () => {
    const told = new Telling().answering();
    told.at(5000, { type: "speech-started", since: 4940 });
    expect(told.at(5100, { type: "digit", digit: "5" })).toEqual([{ type: "cancel", turn: 1 }]);
  });
});
