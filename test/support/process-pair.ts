import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../src/runtime/clock.ts";
import { type Balancer, startBalancer } from "../../src/simulation/balancer/balancer.ts";
import type { CallReport } from "../../src/simulation/phone/call-report.ts";
import type { CallerScript } from "../../src/simulation/phone/caller-script.ts";
import type { PhoneEvent } from "../../src/simulation/phone/ongoing-call.ts";
import { PhoneExchange } from "../../src/simulation/phone/phone-exchange.ts";
import { SimulatedPhone } from "../../src/simulation/phone/simulated-phone.ts";
import { eventually } from "./call-desk.ts";
import { freePort } from "./free-port.ts";
import { GatewayProcess } from "./gateway-process.ts";
import { WebhookReceiver } from "./webhook-receiver.ts";

type Closers = (() => unknown)[];

/** Two gateways on one database behind one address, which takes them in turns, and whoever gets the history of their calls. */
export class ProcessPair {
  readonly receiver: WebhookReceiver;
  readonly #closers: Closers;
  readonly #balancer: Balancer;
  /** Of those that have not started. */
  readonly #ports: number[];
  readonly #environment: Readonly<Record<string, string>>;

  private constructor(
    closers: Closers,
    balancer: Balancer,
    ports: readonly number[],
    receiver: WebhookReceiver,
    environment: Readonly<Record<string, string>>,
  ) {
    this.receiver = receiver;
    this.#closers = closers;
    this.#balancer = balancer;
    this.#ports = [...ports];
    this.#environment = environment;
  }

  /** None of them has started. @param environment what they are told besides, behind this address. */
  static async open(
    databaseUrl: string,
    closers: Closers,
    environment: (origin: string) => Promise<Readonly<Record<string, string>>> = async () => ({}),
  ): Promise<ProcessPair> {
    const ports = [await freePort(), await freePort()];
    const balancer = await startBalancer({
      clock: systemClock,
      backends: ports.map((port) => `http://127.0.0.1:${port}`),
    });
    closers.push(() => balancer.close());
    const receiver = await WebhookReceiver.start();
    closers.push(() => receiver.close());
    return new ProcessPair(closers, balancer, ports, receiver, {
      PUBLIC_URL: balancer.origin,
      DATABASE_URL: databaseUrl,
      CALL_HISTORY_ENDPOINT: receiver.url,
      JWT_SECRET: "a-secret-of-at-least-32-characters",
      ...(await environment(balancer.origin)),
    });
  }

  /** Where callers call. */
  get origin(): string {
    return this.#balancer.origin;
  }

  /** The next of them. */
  async start(): Promise<GatewayProcess> {
    const dataDir = mkdtempSync(join(tmpdir(), "earshot-fleet-"));
    this.#closers.push(() => rmSync(dataDir, { recursive: true, force: true }));
    const PORT = String(this.#ports.shift());
    const gateway = await GatewayProcess.start({ ...this.#environment, PORT, DATA_DIR: dataDir });
    this.#closers.push(() => gateway.kill());
    await eventually(
      () => this.#balancer.stateOf(gateway.url) === "ready",
      "the carrier comes to it",
      30_000,
    );
    return gateway;
  }

  /** Somebody calls. `during` runs meanwhile. */
  async call(
    script: CallerScript,
    during: () => Promise<void> = async () => {},
    onEvent: (event: PhoneEvent) => void = () => {},
  ): Promise<CallReport> {
    const phone = new SimulatedPhone({
      clock: systemClock,
      exchange: new PhoneExchange(systemClock),
      voiceUrl: `${this.#balancer.origin}/api/phone/incoming`,
      statusUrl: `${this.#balancer.origin}/api/phone/status`,
      from: "+14155550100",
      to: "+15005550006",
      script,
      limit: 120_000,
      onEvent,
    });
    this.#closers.push(() => phone.hangUp());
    const [report] = await Promise.all([phone.call(), during()]);
    return report;
  }

  /** Whose history was delivered, each as often as it came. */
  async histories(count: number): Promise<readonly string[]> {
    await eventually(() => this.receiver.posts.length >= count, "the histories are delivered", 30_000);
    return this.receiver.posts.map(({ body }) => (JSON.parse(body) as { call_id: string }).call_id);
  }
}
