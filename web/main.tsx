import { CSPProvider } from "@base-ui/react/csp-provider";
import { Tooltip } from "@base-ui/react/tooltip";
import "@fontsource-variable/inter/wght.css";
import "@fontsource-variable/jetbrains-mono/wght.css";
import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";
import { followTheme } from "./shell/preferences.ts";
import "./styles/tokens.css";
import "./styles/base.css";
import { WorkstationContext } from "./sync/hooks.ts";
import { openSession, takeCode } from "./sync/session.ts";
import { Workstation } from "./sync/workstation.ts";

followTheme();
const code = takeCode();
const workstation = new Workstation(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/ws`);
const element = document.querySelector("#workstation");
if (element === null) throw new Error("invariant broken: index.html has the element of the workstation");
createRoot(element).render(
  <CSPProvider disableStyleElements>
    <Tooltip.Provider delay={400}>
      <WorkstationContext value={workstation}>
        <App />
      </WorkstationContext>
    </Tooltip.Provider>
  </CSPProvider>,
);
// A code that is used up does no harm where the browser has its secret already.
if (code !== null) await openSession(code).catch(() => false);
workstation.connect();
