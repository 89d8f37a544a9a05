/** How one agent greets, thinks, sounds and takes turns. Times in ms. */
export interface AgentProfile {
  readonly name: string;
  /** BCP 47, such as `en-US`. */
  readonly language: string;
  /** The agent's first words; empty: the caller speaks first. */
  readonly greeting: string;
  /** The system prompt of the language model. */
  readonly prompt: string;
  /** The provider's name of the voice; unset: the provider's default. */
  readonly voice?: string;
  readonly turnTaking: TurnTaking;
}

/** Bounds of turn-taking; every number in ms unless it says otherwise. */
export interface TurnTaking {
  /** Whether the caller's speech stops the agent's. */
  readonly bargeIn: boolean;
  /** Local silence after which the caller's turn is over when the recogniser does no endpointing of its own. */
  readonly localEndpoint: number;
  /** Local silence after which the recogniser is asked for its final words although it has seen no endpoint. */
  readonly endpointFallback: number;
  /** Both sides silent for so long: the agent speaks. */
  readonly silenceLimit: number;
  /** How often a silent caller is asked before the agent says goodbye. A count. */
  readonly reprompts: number;
  /** No first word of a reply for so long: the agent apologises and gives the turn back. */
  readonly replyLimit: number;
  /** Time without a further key after which keyed digits are taken as an answer; `#` ends them at once. */
  readonly interDigit: number;
  /** The whole call; the agent says goodbye when it is reached. */
  readonly maxCallDuration: number;
}

export const defaultTurnTaking: TurnTaking = {
  bargeIn: true,
  localEndpoint: 500,
  endpointFallback: 1200,
  silenceLimit: 20_000,
  reprompts: 2,
  replyLimit: 8_000,
  interDigit: 1_500,
  maxCallDuration: 3_600_000,
};

const defaultProfile: AgentProfile = {
  name: "default",
  language: "en-US",
  greeting: "Hello, and thank you for calling. How can I help you?",
  prompt:
    "You are a helpful receptionist on the telephone. Answer in one or two short spoken sentences, " +
    "without lists or formatting. Ask one question at a time. When the caller is done, say goodbye and end the call.",
  turnTaking: defaultTurnTaking,
};

/** The default agent with whatever the operator set. */
export function agentProfile(overrides: Partial<Omit<AgentProfile, "turnTaking">> = {}): AgentProfile {
  return { ...defaultProfile, ...overrides };
}
