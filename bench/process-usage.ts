import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** What a process has used so far. */
export interface ProcessUsage {
  /** CPU time of all its threads, user and system, in ms; to 10 ms. */
  readonly cpu: number;
  /** Resident memory, in bytes. */
  readonly memory: number;
}

/** Linux counts CPU time in ticks of 10 ms (`USER_HZ`, proc(5)). */
const MS_PER_TICK = 10;

/** Reads `/proc` on Linux, asks `ps` elsewhere. Throws when there is no such process. */
export function usageOf(pid: number): ProcessUsage {
  if (process.platform !== "linux") {
    return parsePs(execFileSync("ps", ["-o", "time=,rss=", "-p", String(pid)], { encoding: "utf8" }));
  }
  return parseProc(readFileSync(`/proc/${pid}/stat`, "utf8"), readFileSync(`/proc/${pid}/status`, "utf8"));
}

/** Fields 14 and 15 of `stat` are user and system time; the name (field 2) may hold spaces and brackets. */
export function parseProc(stat: string, status: string): ProcessUsage {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const kilobytes = Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0);
  return {
    cpu: (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK,
    memory: kilobytes * 1024,
  };
}

/** `[[days-]hours:]minutes:seconds[.hundredths] kilobytes` */
export function parsePs(line: string): ProcessUsage {
  const [time = "", kilobytes = "0"] = line.trim().split(/\s+/);
  const [clock = "", days = "0"] = time.split("-").reverse();
  const seconds = clock.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
  return { cpu: (Number(days) * 86_400 + seconds) * 1000, memory: Number(kilobytes) * 1024 };
}
