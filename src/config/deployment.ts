import type { EnvironmentReader } from "./environment-reader.ts";

const handOvers = ["auto", "always", "never"] as const;

/** How a process leaves its calls when it is told to stop. */
export interface DeploymentConfig {
  /** How long live calls may go on, in ms. */
  readonly drain: number;
  /** `auto`: when another process on the same database takes calls; `always`: somebody will, whoever it is. */
  readonly handOver: (typeof handOvers)[number];
}

export function readDeployment(environment: EnvironmentReader): DeploymentConfig {
  return {
    drain: environment.integer("DRAIN_SECONDS", 25, 0, 3_600) * 1_000,
    handOver: environment.choice("HANDOVER", "auto", handOvers),
  };
}
