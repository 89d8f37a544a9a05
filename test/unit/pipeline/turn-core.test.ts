import { describe, expect, it } from "vitest";
import type { TurnRules } from "../../../src/pipeline/turn-state.ts";
import { bounds, type Done, profile, Telling } from "../../support/telling.ts";

describe("the turn core", () => {
  it("greets as turn 0 when the media opens, and then listens", () => {
    const told = new Telling();
    expect(told.at(0, { type: "opened" })).toEqual([{ type: "say", turn: 0, text: "Hello." }]);
    told.at(100, { type: "started", turn: 0 });
    expect(told.state.phase).toBe("speaking");
    told.at(900, { type: "finished", turn: 0 });
    expect(told.state.phase).toBe("listening");
  });

  it("lets the caller speak first when there is no greeting", () => {
    const told = new Telling({}, { greeting: "" });
    expect(told.at(0, { type: "opened" })).toEqual([]);
    expect(told.state.phase).toBe("listening");
  });

  it("ignores news of turns that are over", () => {
    const told = new Telling().answering();
    told.at(4100, { type: "typed", text: "something else" });
    const before = { ...told.state, deadlines: {} };
    told.at(
      4200,
      { type: "finished", turn: 1 },
      { type: "replied", turn: 1, spoke: true },
      { type: "started", turn: 1 },
    );
    expect({ ...told.state, deadlines: {} }).toEqual(before);
  });

  it("answers typed words at once, whatever the agent was doing", () => {
    const told = new Telling().answering();
    expect(told.at(4100, { type: "typed", text: " opening hours " })).toEqual([
      { type: "cancel", turn: 1 },
      { type: "caller-said", text: "opening hours", by: "typing" },
      { type: "reply", turn: 2 },
    ]);
  });

  it("collects keys until a pause or the hash key", () => {
    const told = new Telling().greeted();
    expect(told.at(2000, { type: "digit", digit: "4" }, { type: "digit", digit: "2" })).toEqual([]);
    expect(told.at(2000 + bounds.interDigit)).toEqual([
      { type: "caller-said", text: "42", by: "keypad" },
      { type: "reply", turn: 1 },
    ]);
    told.at(4000, { type: "started", turn: 1 });
    expect(told.at(5000, { type: "digit", digit: "1" }, { type: "digit", digit: "#" })).toEqual([
      { type: "cancel", turn: 1 },
      { type: "caller-said", text: "1", by: "keypad" },
      { type: "reply", turn: 2 },
    ]);
  });

  it("asks a silent caller twice and then says goodbye, not before a minute has passed", () => {
    const told = new Telling().greeted();
    const said: string[] = [];
    let at = 1000;
    while (told.state.phase !== "ended" && at < 200_000) {
      at += 100;
      for (const effect of told.at(at)) {
        if (effect.type !== "say") continue;
        said.push(effect.text);
        told.at(at + 10, { type: "started", turn: effect.turn });
        told.at(at + 50, { type: "finished", turn: effect.turn });
      }
    }
    expect(said).toEqual([...profile.phrases.reprompts, profile.phrases.silentGoodbye]);
    expect(told.state.closing).toBe("caller-silent");
    expect(at).toBeGreaterThanOrEqual(60_000);
  });

  it("asks again when speech of some length brought no words, and passes over a cough", () => {
    const cough = new Telling().greeted().says(2000, 2250, "");
    expect(cough.at(8000)).toEqual([]);
    const mumble = new Telling().greeted().says(2000, 3000, "");
    expect(mumble.at(8000)).toEqual([{ type: "say", turn: 1, text: profile.phrases.notUnderstood[0] }]);
  });

  it("does not hang up on a noisy place: it asks twice, and then only silence counts", () => {
    const told = new Telling().greeted();
    let at = 2000;
    for (let i = 0; i < 6; i++) {
      told.says(at, at + 1500, "");
      for (const effect of told.at(at + 5_000)) {
        if (effect.type !== "say") continue;
        told.at(at + 5_000, { type: "started", turn: effect.turn }, { type: "finished", turn: effect.turn });
      }
      at += 6_000;
    }
    const said = told
      .doneSince(0)
      .filter((effect) => effect.type === "say")
      .map(({ text }) => text);
    expect(said).toEqual(["Hello.", ...profile.phrases.notUnderstood]);
    expect(told.state.closing).toBeUndefined();
  });

  it("fills the wait for a slow model once, and apologises when it is late", () => {
    const told = new Telling().greeted();
    told.at(2000, { type: "typed", text: "hello" });
    expect(told.at(2000 + bounds.fillerAfter)).toEqual([
      { type: "fill", turn: 1, text: profile.phrases.filler },
    ]);
    expect(told.at(2000 + bounds.replyLimit)).toEqual([
      { type: "cancel", turn: 1 },
      { type: "say", turn: 2, text: profile.phrases.apology },
    ]);
    expect(told.facts).toContainEqual({ type: "dead-air", cause: "reply-late" });
  });

  it("gives a tool the time that it asked for", () => {
    const told = new Telling().greeted();
    told.at(2000, { type: "typed", text: "hello" });
    told.at(2500, { type: "working", turn: 1, until: 20_000 });
    expect(told.at(20_000).map(({ type }) => type)).toEqual(["fill"]);
    expect(told.at(20_000 + bounds.replyLimit).map(({ type }) => type)).toEqual(["cancel", "say"]);
  });

  it("never leaves an empty reply in silence", () => {
    const told = new Telling().greeted();
    told.at(2000, { type: "typed", text: "hello" });
    expect(told.at(2100, { type: "replied", turn: 1, spoke: false })).toEqual([
      { type: "say", turn: 2, text: profile.phrases.apology },
    ]);
  });

  /** A caller who was three times answered with nothing; the third time at 2300. */
  function failing(rules: Partial<TurnRules> = {}): { told: Telling; last: Done[] } {
    const told = new Telling(rules).greeted();
    told.at(2000, { type: "typed", text: "hello" });
    told.at(2100, { type: "reply-failed", turn: 1, spoke: false });
    told.at(2200, { type: "reply-failed", turn: 2, spoke: false });
    return { told, last: told.at(2300, { type: "reply-failed", turn: 3, spoke: false }) };
  }

  it("gives the call up after three failures in a row, with a goodbye", () => {
    const { told, last } = failing();
    expect(last).toEqual([{ type: "say", turn: 4, text: profile.phrases.failedGoodbye }]);
    told.at(2400, { type: "started", turn: 4 });
    expect(told.at(5000, { type: "typed", text: "wait" })).toEqual([]);
    expect(told.at(6000, { type: "finished", turn: 4 })).toEqual([
      { type: "end", reason: "provider-failed" },
    ]);
  });

  it("ends the call without its goodbye when that cannot be said either", () => {
    const { told } = failing();
    expect(told.at(2400, { type: "reply-failed", turn: 4, spoke: false })).toEqual([
      { type: "end", reason: "provider-failed" },
    ]);
  });

  it("does not take an apology that was heard for a success, but a reply that was", () => {
    const told = new Telling().greeted();
    let turn = 0;
    const fails = (at: number): Done[] => {
      told.at(at, { type: "typed", text: "hello" });
      const done = told.at(at + 100, { type: "reply-failed", turn: ++turn, spoke: false });
      told.at(at + 200, { type: "started", turn: ++turn });
      told.at(at + 3000, { type: "finished", turn });
      return done;
    };
    const answers = (at: number): void => {
      told.at(at, { type: "typed", text: "hello" }, { type: "started", turn: ++turn });
      told.at(at + 1000, { type: "replied", turn, spoke: true }, { type: "finished", turn });
    };
    fails(2000);
    fails(6000);
    answers(10_000);
    fails(14_000);
    expect(fails(18_000)).toMatchObject([{ type: "say", text: profile.phrases.apology }]);
    expect(fails(22_000)).toMatchObject([{ type: "say", text: profile.phrases.failedGoodbye }]);
    expect(told.state.phase).toBe("ended");
  });

  describe("where somebody can take the caller over", () => {
    /** The caller was told so, and has heard it; somebody is being asked since 6000. */
    function announced(): { told: Telling; asked: Done[] } {
      const { told, last } = failing({ canTransfer: true });
      expect(last).toEqual([{ type: "say", turn: 4, text: profile.phrases.transfer }]);
      told.at(2400, { type: "started", turn: 4 });
      expect(told.at(3000, { type: "speech-started", since: 2950 }, { type: "typed", text: "wait" })).toEqual(
        [],
      );
      return { told, asked: told.at(6000, { type: "finished", turn: 4 }) };
    }

    it("says so instead of goodbye, uninterrupted, and asks them once that was heard", () => {
      expect(announced().asked).toEqual([{ type: "transfer", turn: 5 }]);
    });

    it("holds the line for them when they come", () => {
      const { told } = announced();
      expect(told.at(7000, { type: "transferred", turn: 5, ok: true })).toEqual([]);
      expect(told.state.phase).toBe("listening");
    });

    it.each([
      ["when they do not", 7000, [{ type: "transferred", turn: 5, ok: false }]],
      ["when they do not answer", 6000 + 15_000, []],
    ] as const)("says goodbye %s", (_, at, happenings) => {
      const { told } = announced();
      expect(told.at(at, ...happenings)).toContainEqual({
        type: "say",
        turn: 6,
        text: profile.phrases.failedGoodbye,
      });
      told.at(at + 100, { type: "started", turn: 6 });
      expect(told.at(at + 3000, { type: "finished", turn: 6 })).toEqual([
        { type: "end", reason: "provider-failed" },
      ]);
    });

    it("asks them also when that cannot be said", () => {
      const { told } = failing({ canTransfer: true });
      expect(told.at(2400, { type: "reply-failed", turn: 4, spoke: false })).toEqual([
        { type: "transfer", turn: 5 },
      ]);
    });

    it("asks them as well when nobody is left who could hear the caller", () => {
      const told = new Telling({ canTransfer: true }).answering();
      expect(told.at(5000, { type: "deaf" })).toEqual([
        { type: "cancel", turn: 1 },
        { type: "say", turn: 2, text: profile.phrases.transfer },
      ]);
    });

    it("does so once in a call", () => {
      const { told } = announced();
      told.at(7000, { type: "transferred", turn: 5, ok: true });
      told.at(8000, { type: "typed", text: "hello?" });
      expect(told.at(8100, { type: "reply-failed", turn: 6, spoke: false })).toEqual([
        { type: "say", turn: 7, text: profile.phrases.failedGoodbye },
      ]);
    });
  });

  it("fills the silence after the caller's last sound, and lets a model that was asked late have half of that", () => {
    const filledAt = (until: number): number | undefined => {
      const told = new Telling().greeted().says(2000, 3000, "What are your hours?");
      told.at(until);
      return told.timeOf("fill");
    };
    expect(filledAt(3000 + bounds.fillerAfter - 1)).toBeUndefined();
    expect(filledAt(3000 + bounds.fillerAfter)).toBe(3000 + bounds.fillerAfter);
    const late = new Telling().greeted().says(2000, 3000, "My account number is");
    late.at(6000);
    expect(late.timeOf("fill")).toBe(3000 + bounds.endpointMax + bounds.fillerAfter / 2);
  });

  it("does not fill a silence of the usual length", () => {
    const told = new Telling().greeted().says(2000, 3000, "What are your hours?");
    told.at(3600, { type: "started", turn: 1 });
    told.at(8000);
    expect(told.timeOf("fill")).toBeUndefined();
  });

  it("ends the call once the goodbye of the model has been heard, and lets nothing interrupt it", () => {
    const told = new Telling().greeted();
    told.at(2000, { type: "typed", text: "bye" });
    told.at(
      3000,
      { type: "started", turn: 1 },
      { type: "replied", turn: 1, spoke: true, end: "agent-goodbye" },
    );
    expect(told.at(3100, { type: "speech-started", since: 3050 }, { type: "typed", text: "wait" })).toEqual(
      [],
    );
    expect(told.at(4000, { type: "finished", turn: 1 })).toEqual([{ type: "end", reason: "agent-goodbye" }]);
    expect(told.state.phase).toBe("ended");
  });

  it("says goodbye when nobody is left who could hear the caller, also when that is known before the greeting", () => {
    const told = new Telling().answering();
    expect(told.at(5000, { type: "deaf" })).toEqual([
      { type: "cancel", turn: 1 },
      { type: "say", turn: 2, text: profile.phrases.deafGoodbye },
    ]);
    told.at(5100, { type: "started", turn: 2 });
    expect(told.at(9000, { type: "finished", turn: 2 })).toEqual([
      { type: "end", reason: "provider-failed" },
    ]);
    const early = new Telling();
    expect(early.at(0, { type: "deaf" })).toEqual([]);
    expect(early.at(10, { type: "opened" })).toEqual([
      { type: "say", turn: 0, text: profile.phrases.deafGoodbye },
    ]);
  });

  it("takes words that were said before the keys as part of the same turn", () => {
    const told = new Telling().greeted().says(2000, 3000, "My account number is");
    told.at(3300, { type: "digit", digit: "4" });
    expect(told.at(3400, { type: "digit", digit: "#" })).toEqual([
      { type: "caller-said", text: "My account number is", by: "voice" },
      { type: "caller-said", text: "4", by: "keypad" },
      { type: "reply", turn: 1 },
    ]);
  });

  it("lets keys that were pressed before the caller spoke take the turn, not start a second one beside it", () => {
    const told = new Telling().greeted();
    told.at(2000, { type: "digit", digit: "4" });
    told.says(2100, 2600, "Yes.");
    expect(told.at(3600)).toContainEqual({ type: "cancel", turn: 1 });
  });

  it("does not let a filler hide a model that hangs", () => {
    const told = new Telling().greeted();
    told.at(2000, { type: "typed", text: "hello" });
    told.at(2000 + bounds.fillerAfter, { type: "started", turn: 1 });
    expect(told.at(2000 + bounds.fillerAfter + 10_000)).toContainEqual({
      type: "say",
      turn: 2,
      text: profile.phrases.apology,
    });
  });

  it("gives the call up when turn after turn makes no sound", () => {
    const told = new Telling().greeted();
    told.at(2000, { type: "typed", text: "hello" });
    expect(told.at(2000 + 5 * bounds.replyLimit)).toContainEqual({ type: "end", reason: "provider-failed" });
  });

  it("waits for keys as long as the tool asked, also after the prompt was heard", () => {
    const told = new Telling().answering();
    told.at(4100, { type: "working", turn: 1, until: 120_000 }, { type: "collecting", on: true });
    told.at(4200, { type: "heard", turn: 1 });
    expect(told.at(119_000)).toEqual([]);
  });

  it("lets an apology wait behind what was still to be heard", () => {
    const told = new Telling().answering();
    told.at(4500, { type: "reply-failed", turn: 1, spoke: true });
    for (let at = 5_000; at < 30_000; at += 1_000)
      expect(told.at(at, { type: "heard", turn: 1 })).toEqual([]);
  });

  it("warns a minute before the maximum duration, not into anybody's words, and says goodbye at it", () => {
    const limited = { turnTaking: { ...bounds, maxCallDuration: 70_000, silenceLimit: 100_000 } };
    const told = new Telling({}, limited).greeted();
    told.at(9_900, { type: "speech-started", since: 9_850 });
    expect(told.at(10_500)).toEqual([]);
    told.at(11_000, { type: "speech-ended", since: 10_900 });
    expect(told.at(14_000)).toContainEqual({ type: "say", turn: 1, text: profile.phrases.durationWarning });
    told.at(14_100, { type: "started", turn: 1 });
    told.at(16_000, { type: "finished", turn: 1 });
    expect(told.at(70_000)).toContainEqual({ type: "say", turn: 2, text: profile.phrases.durationGoodbye });
    told.at(70_100, { type: "started", turn: 2 });
    expect(told.at(72_000, { type: "finished", turn: 2 })).toEqual([{ type: "end", reason: "max-duration" }]);
  });

  it("gives the turn back when the caller's ear does not move on", () => {
    const told = new Telling().answering();
    expect(told.at(4000 + 10_000)).toEqual([{ type: "cancel", turn: 1 }]);
    expect(told.facts).toContainEqual({ type: "dead-air", cause: "playback-stalled" });
    expect(told.state.phase).toBe("listening");
  });
});
