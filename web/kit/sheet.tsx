import { Dialog } from "@base-ui/react/dialog";
import type { ReactElement, ReactNode } from "react";
import { Icon } from "./icon.tsx";
import "./sheet.css";

interface SheetProps {
  readonly title: string;
  readonly note?: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
  readonly wide?: boolean;
}

/** A dialog over the page; Escape, the backdrop and its button close it, and focus returns to where it was. */
export function Sheet({ title, note, onClose, children, wide = false }: SheetProps): ReactElement {
  return (
    <Dialog.Root
      open
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
    >
      <Dialog.Portal>
        <Dialog.Backdrop className="sheet-backdrop" />
        <Dialog.Popup className={wide ? "sheet wide" : "sheet"}>
          <div className="sheet-head">
            <div>
              <Dialog.Title className="sheet-title">{title}</Dialog.Title>
              {note !== undefined && <Dialog.Description className="sheet-note">{note}</Dialog.Description>}
            </div>
          </div>
          {children}
          {/* Last, so that focus begins at what the sheet is for. */}
          <Dialog.Close className="icon-button sheet-close" aria-label="Close" title="Close (Esc)">
            <Icon name="close" />
          </Dialog.Close>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
