import type { Clock } from "./clock.ts";
import { singleLine } from "./terminal-text.ts";

export const logLevels = ["error", "warn", "info", "debug"] as const;
export type LogLevel = (typeof logLevels)[number];

export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** Writes one line for each thing that happened: when, how serious, what, and the fields that tell which. */
export interface Log {
  write(level: LogLevel, message: string, fields?: LogFields): void;
}

/**
 * A log that writes to `sink`, leaving out what is less serious than `level`. A line stays a line and holds no terminal
 * controls, whatever an agent put into it; `clean` takes out secrets.
 */
export function lineLog(options: {
  readonly level: LogLevel;
  readonly clock: Pick<Clock, "now">;
  readonly clean: (text: string) => string;
  readonly sink: (line: string) => void;
}): Log {
  const { level: least, clock, clean, sink } = options;
  return {
    write(level, message, fields = {}) {
      if (logLevels.indexOf(level) > logLevels.indexOf(least)) return;
      const details = Object.entries(fields)
        .filter(([, value]) => value !== undefined)
        .map(
          ([name, value]) =>
            ` ${name}=${typeof value === "string" && /[\s"=]/u.test(value) ? JSON.stringify(value) : value}`,
        );
      const line = `${new Date(clock.now()).toISOString()} ${level} ${message}${details.join("")}`;
      sink(singleLine(clean(line)));
    },
  };
}

/** The level that a setting names; undefined if it names none. */
export function parseLogLevel(text: string | undefined): LogLevel | undefined {
  return logLevels.find((level) => level === text?.toLowerCase());
}
