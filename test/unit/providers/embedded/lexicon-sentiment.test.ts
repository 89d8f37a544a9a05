import { describe, expect, it } from "vitest";
import { lexiconSentiment, valence } from "../../../../src/providers/embedded/lexicon-sentiment.ts";

const judged = (...utterances: string[]) => lexiconSentiment({ language: "en-US", utterances });

describe("the sentiment by the list of words", () => {
  it.each([
    "Thank you so much, you have been very helpful!",
    "That's wonderful, thanks.",
    "Okay, that sounds good.",
    "It's not bad, actually.",
    "Perfect, that works for me.",
  ])("is positive: %s", (utterance) => {
    expect(judged(utterance)).toBe("positive");
  });

  it.each([
    "This is absolutely ridiculous, I have been waiting for three weeks.",
    "I'm not happy with this at all.",
    "I don't care, your service is terrible!",
    "I am so disappointed.",
    "You overcharged me again.",
    "Not good.",
  ])("is negative: %s", (utterance) => {
    expect(judged(utterance)).toBe("negative");
  });

  it.each([
    "Hello, I need help with my account.",
    "Yes, please.",
    "No, thank you.",
    "No problem.",
    "My heating does not work.",
    "I would like to book an appointment.",
    "I have a problem with my bill.",
    "Sorry, can you say that again?",
    "constructor toString __proto__",
    "",
  ])("is neutral: %s", (utterance) => {
    expect(judged(utterance)).toBe("neutral");
  });

  it("turns a word around that is negated, within the clause", () => {
    expect(valence("good")).toBe(3);
    expect(valence("not good")).toBe(-2.25);
    expect(valence("not at all good")).toBe(-2.25);
    expect(valence("no, good")).toBe(3);
    expect(valence("not today but good")).toBe(3);
    expect(valence("very good")).toBe(4.5);
    expect(valence("not very good")).toBe(-3.375);
  });

  it("has the last words weigh most", () => {
    const [angry, calm, glad] = [
      "This is terrible.",
      "My number is four one five.",
      "Great, that's perfect, thank you.",
    ];
    expect(judged(angry)).toBe("negative");
    expect(judged(angry, calm)).toBe("negative");
    expect(judged(angry, calm, calm)).toBe("neutral");
    expect(judged(angry, calm, glad)).toBe("positive");
    expect(judged(glad, angry, angry, angry)).toBe("negative");
  });

  it.each(["de-DE", "es", "enx", "fr-CA"])(
    "is neutral in a language that it does not know: %s",
    (language) => {
      expect(lexiconSentiment({ language, utterances: ["This is terrible."] })).toBe("neutral");
    },
  );

  it.each(["en", "en-GB", "EN-us"])("knows English: %s", (language) => {
    expect(lexiconSentiment({ language, utterances: ["This is terrible."] })).toBe("negative");
  });
});
