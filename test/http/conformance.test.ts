import { startForConformance } from "./conformance-start.ts";
import { conformance } from "./conformance-suite.ts";

conformance(() => startForConformance({}));
