import { describe, expect, it } from "vitest";
import { ReplyQueue } from "../../../../src/providers/openai-realtime/reply-queue.ts";

interface Sent {
  readonly type: string;
  readonly event_id?: string;
  readonly response?: { readonly metadata?: { readonly turn?: string } };
}

function queue() {
  const sent: Sent[] = [];
  const replies = new ReplyQueue((message) => sent.push(JSON.parse(message) as Sent));
  const turns = () => sent.map(({ type, response }) => `${type} ${response?.metadata?.turn ?? ""}`.trim());
  return { replies, sent, turns };
}

describe("the queue of replies", () => {
  it("asks once the session is ready, and again only when the reply under way is done", () => {
    const { replies, turns } = queue();
    replies.ask({ turn: 0 });
    expect(turns()).toEqual([]);
    replies.open();
    replies.ask({ turn: 1 });
    replies.began("r0", 0);
    replies.ask({ turn: 2 });
    expect(turns()).toEqual(["response.create 0"]);
    replies.ended("r0");
    expect(turns()).toEqual(["response.create 0", "response.create 2"]);
  });

  it("asks again after the service had begun a reply by itself", () => {
    const { replies, sent, turns } = queue();
    replies.open();
    replies.ask({ turn: 4 });
    replies.began("own", undefined);
    expect(replies.refused(sent[0]?.event_id ?? "", true)).toBeUndefined();
    replies.ended("own");
    expect(turns()).toEqual(["response.create 4", "response.create 4"]);
  });

  it("tells which request was refused for good", () => {
    const { replies, sent } = queue();
    replies.open();
    replies.ask({ turn: 4 });
    expect(replies.refused("other", false)).toBeUndefined();
    expect(replies.refused(sent[0]?.event_id ?? "", false)).toEqual({ turn: 4 });
  });

  it("stops a reply once, and not one that the service stops itself or that is none", () => {
    const { replies, turns } = queue();
    replies.open();
    replies.stop();
    replies.began("r0", undefined);
    replies.stop();
    replies.stop();
    replies.ended("r0");
    replies.began("r1", undefined);
    replies.interrupted();
    replies.stop();
    expect(turns()).toEqual(["response.cancel"]);
  });

  it("asks again on the next connection, unless the request was forgotten", () => {
    const { replies, turns } = queue();
    replies.open();
    replies.ask({ turn: 0 });
    expect(replies.reset()).toBeUndefined();
    replies.open();
    expect(turns()).toEqual(["response.create 0", "response.create 0"]);
    replies.forget();
    replies.reset();
    replies.open();
    expect(turns()).toHaveLength(2);
  });

  it("tells the reply that broke off with the connection", () => {
    const { replies } = queue();
    replies.open();
    replies.began("r0", undefined);
    expect(replies.reset()).toBe("r0");
  });
});
