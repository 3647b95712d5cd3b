import { useState } from "react";
import type { ReactElement } from "react";
import { Button } from "../kit/controls.tsx";
import { Sheet } from "../kit/sheet.tsx";
import { useWorkstation } from "../sync/hooks.ts";
import { goToNewThread } from "./place.ts";

export function AddProjectSheet({ onClose }: { readonly onClose: () => void }): ReactElement {
  const workstation = useWorkstation();
  const [path, setPath] = useState("");
  const [trusted, setTrusted] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const add = async (): Promise<void> => {
    const result = await workstation.command({ type: "addProject", path: path.trim() });
    if (!result.ok) {
      setProblem([result.error.message, result.error.next].filter(Boolean).join(" "));
      return;
    }
    const { projectId } = result.value;
    if (typeof projectId === "string") {
      if (trusted) await workstation.command({ type: "trustProject", projectId, trusted: true });
      goToNewThread(projectId);
    }
    onClose();
  };
  return (
    <Sheet
      title="Add a project"
      note="A folder on this computer. Nothing in it is changed by adding it."
      onClose={onClose}
    >
      <form
        className="sheet-form"
        onSubmit={(event) => {
          event.preventDefault();
          void add();
        }}
      >
        <label className="field">
          Folder
          <input
            value={path}
            placeholder="/path/to/the/project"
            spellCheck={false}
            autoComplete="off"
            aria-invalid={problem !== null}
            onChange={(event) => setPath(event.target.value)}
          />
        </label>
        <label className="check-field">
          <input type="checkbox" checked={trusted} onChange={(event) => setTrusted(event.target.checked)} />
          <span>
            I trust what is in it{" "}
            <em>Agents may then change files and run commands there. Without it they may only look.</em>
          </span>
        </label>
        {problem !== null && (
          <p className="field-error" role="alert">
            {problem}
          </p>
        )}
        <div className="sheet-actions">
          <Button onClick={onClose}>Cancel</Button>
          <Button look="solid" submit disabled={path.trim() === ""}>
            Add
          </Button>
        </div>
      </form>
    </Sheet>
  );
}
