import { beforeEach, describe, expect, it } from "vitest";
import type { ServiceRequest } from "../../src/calls/service-requests.ts";
import type { Store } from "../../src/store/open-store.ts";
import { lastingStores, type Place, stores } from "./store-harness.ts";

const ada = { name: "Ada Ünal", phone: "+15005550001", number: "4711", metadata: { tier: "gold", "☎": [1] } };
const request: ServiceRequest = {
  sessionId: 5,
  kind: "repair",
  description: "The heating is cold – since Tuesday.",
  urgency: "urgent",
};

describe.each(stores)("customers, $kind", ({ newPlace }) => {
  let store: Store;
  beforeEach(async () => {
    store = await (await newPlace()).open();
  });

  it("are found by id, number and phone", async () => {
    const first = await store.customers.add(ada);
    const second = await store.customers.add({ ...ada, name: "Bo", number: null });
    const third = await store.customers.add({ name: "Cy", phone: null, number: null, metadata: {} });
    expect(first).toEqual({ id: 1, ...ada });
    expect([second.id, third.id]).toEqual([2, 3]);
    expect(await store.customers.find(first.id)).toEqual(first);
    expect(await store.customers.find(99)).toBeUndefined();
    expect(await store.customers.byNumber("4711")).toEqual(first);
    expect(await store.customers.byNumber("4712")).toBeUndefined();
    expect(await store.customers.byPhone("+15005550001")).toEqual([first, second]);
    expect(await store.customers.byPhone("+15005550002")).toEqual([]);
  });

  it("have a number that nobody else has", async () => {
    const added = await Promise.allSettled([1, 2, 3].map(() => store.customers.add(ada)));
    expect(added.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(added.find(({ status }) => status === "rejected")).toMatchObject({ reason: { code: "CONFLICT" } });
    expect(await store.customers.byPhone(ada.phone)).toHaveLength(1);
  });
});

describe.each(stores)("service requests, $kind", ({ newPlace }) => {
  it("have references that can be said, each once", async () => {
    const store = await (await newPlace()).open();
    const kept = await Promise.all([1, 2, 3].map(() => store.serviceRequests.keep(request)));
    expect(kept.map(({ reference }) => reference).sort()).toEqual(["1001", "1002", "1003"]);
  });

  it("are told by call, oldest first", async () => {
    const store = await (await newPlace()).open();
    await store.serviceRequests.keep(request);
    await store.serviceRequests.keep({ ...request, sessionId: 6 });
    await store.serviceRequests.keep({ ...request, kind: "billing", urgency: "low" });
    expect(await store.serviceRequests.ofCall(5)).toEqual([
      { ...request, reference: "1001" },
      { ...request, kind: "billing", urgency: "low", reference: "1003" },
    ]);
    expect(await store.serviceRequests.ofCall(7)).toEqual([]);
  });
});

describe.each(lastingStores)("after a restart, $kind", ({ newPlace }) => {
  it("references and customer ids go on", async () => {
    const place: Place = await newPlace();
    const before = await place.open();
    await before.serviceRequests.keep(request);
    await before.customers.add(ada);
    await before.close();
    const after = await place.open();
    expect(await after.serviceRequests.keep(request)).toEqual({ reference: "1002" });
    expect((await after.customers.add({ ...ada, number: null })).id).toBe(2);
  });
});
