import { Fragment } from "react";
import type { ReactElement } from "react";
import { Key } from "../kit/controls.tsx";
import { Sheet } from "../kit/sheet.tsx";
import { shortcutList } from "./shortcuts.ts";

export function ShortcutSheet({ onClose }: { readonly onClose: () => void }): ReactElement {
  return (
    <Sheet title="Shortcuts" onClose={onClose}>
      <dl className="shortcut-list">
        {shortcutList.map(({ keys, does }) => (
          <Fragment key={does}>
            <dt>{does}</dt>
            <dd>
              {keys.map((key) => (
                <Key key={key}>{key}</Key>
              ))}
            </dd>
          </Fragment>
        ))}
      </dl>
    </Sheet>
  );
}
