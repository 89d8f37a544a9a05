import { Type } from "typebox";
import type { ServiceRequests } from "../calls/service-requests.ts";
import type { TransferDesk } from "../calls/transfer-desk.ts";
import { type Tool, tool } from "./tools.ts";

/** Hangs up, once what is being said has been heard. */
export const endCallTool = tool({
  name: "end_call",
  description: "End the call. Say goodbye first, in the same answer.",
  parameters: Type.Object({ reason: Type.Optional(Type.String({ maxLength: 200 })) }),
  run: async () => ({ result: "The call ends when you have finished speaking.", end: "agent-goodbye" }),
});

/** Lets the caller key in a number: an account, a PIN. What is secret reaches the model only as a token. */
export const collectDigitsTool = tool({
  name: "collect_digits",
  description:
    "Let the caller key in digits on the telephone. Ask for them first, in the same answer. " +
    "Set secret for card numbers and PINs: you then get a token instead of the digits.",
  parameters: Type.Object({
    most: Type.Integer({ minimum: 1, maximum: 64, description: "digits after which it is complete" }),
    terminator: Type.Optional(Type.Enum(["#", "*", ""])),
    timeout_seconds: Type.Optional(Type.Number({ minimum: 1, maximum: 30 })),
    secret: Type.Optional(Type.Boolean()),
  }),
  limit: 120_000,
  async run({ most, terminator = "#", timeout_seconds = 10, secret = false }, { line, secrets, signal }) {
    const request = { most, terminator, timeout: timeout_seconds * 1000, secret };
    const { digits, ended } = await line.collectDigits(request, signal);
    if (digits === "") return { result: JSON.stringify({ ended, digits: "" }) };
    const told = secret ? { token: secrets.keep(digits), length: digits.length } : { digits };
    return { result: JSON.stringify({ ended, ...told }), collected: ["digits"] };
  },
});

/** Presses keys towards the far side: to get through another system's menu. */
export const sendDigitsTool = tool({
  name: "send_digits",
  description: "Press keys on the telephone, for the menu of an automatic system; w waits half a second.",
  parameters: Type.Object({ keys: Type.String({ pattern: "^[0-9A-Da-d*#w]{1,64}$" }) }),
  mostPerTurn: 4,
  async run({ keys }, { line }) {
    line.sendDigits(keys);
    return { result: JSON.stringify({ sent: keys }) };
  },
});

/** Whether the tool needs a line whose keys and sounds are ours. */
export function needsKeypad({ name }: Tool): boolean {
  return name === collectDigitsTool.name || name === sendDigitsTool.name;
}

/** Hands the caller to a person; offered only where somebody can be reached. */
export function transferTool(desk: TransferDesk): Tool {
  return tool({
    name: "transfer_call",
    description: "Hand the caller over to a person or a department.",
    parameters: Type.Object({
      department: Type.Enum([...desk.departments]),
      reason: Type.Optional(Type.String({ maxLength: 500 })),
    }),
    limit: 30_000,
    mostPerTurn: 1,
    async run({ department, reason = "" }, { sessionId, signal }) {
      const { message } = await desk.transfer({ sessionId, department, reason }, signal);
      return { result: JSON.stringify({ message }) };
    },
  });
}

/** Takes down what the caller wants done; the reference exists only once the request is kept. */
export function serviceRequestTool(requests: ServiceRequests): Tool {
  return tool({
    name: "create_service_request",
    description: "Take down a service request of the caller. Answers with its reference number.",
    parameters: Type.Object({
      kind: Type.String({
        minLength: 1,
        maxLength: 100,
        description: "such as repair, delivery, appointment",
      }),
      description: Type.String({ maxLength: 2000 }),
      urgency: Type.Enum(["low", "normal", "urgent"]),
    }),
    mostPerTurn: 3,
    async run({ kind, description, urgency }, { sessionId }) {
      const { reference } = await requests.keep({ sessionId, kind, description, urgency });
      return { result: JSON.stringify({ reference }), collected: ["kind", "description", "urgency"] };
    },
  });
}
