import type { ReactElement } from "react";
import { Button } from "../kit/controls.tsx";
import { useConnection, useWorkstation } from "../sync/hooks.ts";
import "./connection-strip.css";

/** Says that what is shown may be old, for as long as it is so. */
export function ConnectionStrip(): ReactElement | null {
  const workstation = useWorkstation();
  const { state, welcomed } = useConnection();
  if (state === "online" || state === "refused" || (state === "connecting" && !welcomed)) return null;
  return (
    <div className="connection-strip" role="status">
      <span className="strip-dot" />
      <span>
        <strong>Connection lost.</strong> Your turns go on; this page catches up by itself.
      </span>
      <Button look="quiet" onClick={() => workstation.connect()}>
        Try now
      </Button>
    </div>
  );
}

/** This browser is not let in: the one thing that helps is a new address. */
export function SignedOut(): ReactElement {
  return (
    <main className="signed-out">
      <h1>This browser is not let in yet</h1>
      <p>
        Run <code>keelson open</code> in a terminal on this computer. It opens this page with an address that works
        once.
      </p>
    </main>
  );
}
