import type { sessionResponse } from "../../src/contracts/wire.ts";
import type { z } from "zod";

const secretKey = "keelson.secret";

/** The secret of this origin, if this browser has been let in before. */
export function storedSecret(): string | null {
  return localStorage.getItem(secretKey);
}

/**
 * The one-time code in the address, which is taken out of it at once: it must not stay in the history or be copied
 * with the address. `#code=…` and a bare `#…` are codes; `#/…` is a place in the workstation.
 */
export function takeCode(): string | null {
  const hash = location.hash.slice(1);
  if (hash === "" || hash.startsWith("/")) return null;
  history.replaceState(null, "", `${location.pathname}${location.search}`);
  return decodeURIComponent(hash.replace(/^code=/u, ""));
}

/** Exchanges a code for this origin's secret. False when the code is used up or wrong. */
export async function openSession(code: string): Promise<boolean> {
  const response = await fetch("/api/session", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ code }),
  });
  if (!response.ok) return false;
  const { secret } = (await response.json()) as z.infer<typeof sessionResponse>;
  localStorage.setItem(secretKey, secret);
  return true;
}
