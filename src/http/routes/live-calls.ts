import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { CallMilestones } from "../../calls/call-milestones.ts";
import type { CallRegistry } from "../../calls/call-registry.ts";
import type { CallStore } from "../../calls/call-store.ts";
import type { Clock } from "../../runtime/clock.ts";
import { CallFeed } from "../live/call-feed.ts";
import { RecentMilestones } from "../live/recent-milestones.ts";
import { resumedFrom, resumeHeaders, resumeQuery } from "../schemas/live-resume.ts";

export interface LiveCallOptions {
  readonly registry: CallRegistry;
  readonly milestones: CallMilestones;
  readonly store: CallStore;
  readonly clock: Clock;
}

/** `/ws/calls`: what becomes of every call, as it happens; with `last_event_id` from there on. */
export const liveCallRoutes =
  ({ registry, milestones, store, clock }: LiveCallOptions): FastifyPluginAsyncTypebox =>
  async (app) => {
    const recent = new RecentMilestones();
    const stopListening = milestones.events.on("milestone", (milestone) => recent.add(milestone));
    const stopForgetting = registry.events.on("forgotten", (sessionIds) => recent.erase(sessionIds));
    app.addHook("onClose", async () => {
      stopListening();
      stopForgetting();
    });

    app.get(
      "/ws/calls",
      {
        websocket: true,
        schema: { querystring: resumeQuery, headers: resumeHeaders },
        config: { live: true },
      },
      (socket, request) => {
        const onError = (error: unknown): void => request.log.warn({ err: error }, "live feed failed");
        const feed = new CallFeed(socket, { milestones, recent, store, clock, onError });
        feed.start(resumedFrom(request as Parameters<typeof resumedFrom>[0]));
      },
    );
  };
