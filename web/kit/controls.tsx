import { Select as BaseSelect } from "@base-ui/react/select";
import { Tooltip } from "@base-ui/react/tooltip";
import type { ReactElement, ReactNode } from "react";
import type { IconName } from "./icon.tsx";
import { Icon } from "./icon.tsx";
import "./controls.css";

interface IconButtonProps {
  readonly icon: IconName;
  readonly label: string;
  /** The key that does the same; shown in the tooltip. */
  readonly shortcut?: string | undefined;
  readonly onClick?: () => void;
  readonly className?: string;
  readonly disabled?: boolean;
  readonly pressed?: boolean;
}

export function IconButton(props: IconButtonProps): ReactElement {
  const { icon, label, shortcut, onClick, className = "", disabled = false, pressed } = props;
  return (
    <Tooltip.Root>
      <Tooltip.Trigger
        render={
          <button
            type="button"
            className={`icon-button ${className}`}
            aria-label={label}
            aria-pressed={pressed}
            disabled={disabled}
            onClick={onClick}
          />
        }
      >
        <Icon name={icon} />
      </Tooltip.Trigger>
      <Tooltip.Portal>
        <Tooltip.Positioner sideOffset={6} className="tooltip-layer">
          <Tooltip.Popup className="tooltip">
            {label}
            {shortcut !== undefined && <Key>{shortcut}</Key>}
          </Tooltip.Popup>
        </Tooltip.Positioner>
      </Tooltip.Portal>
    </Tooltip.Root>
  );
}

export function Key({ children }: { readonly children: string }): ReactElement {
  return <kbd className="key">{children}</kbd>;
}

interface ButtonProps {
  readonly children: ReactNode;
  readonly onClick?: () => void;
  readonly look?: "solid" | "plain" | "quiet";
  readonly shortcut?: string | undefined;
  readonly disabled?: boolean;
  readonly submit?: boolean;
  readonly className?: string;
}

export function Button(props: ButtonProps): ReactElement {
  const { children, onClick, look = "plain", shortcut, disabled = false, submit = false, className = "" } = props;
  return (
    <button
      type={submit ? "submit" : "button"}
      className={`button ${look} ${className}`}
      disabled={disabled}
      onClick={onClick}
      aria-keyshortcuts={shortcut}
    >
      {children}
      {shortcut !== undefined && <Key>{shortcut}</Key>}
    </button>
  );
}

export interface Choice {
  readonly value: string;
  readonly label: string;
  /** What choosing it means, in a few words. */
  readonly note?: string | undefined;
}

interface PickProps {
  readonly label: string;
  readonly choices: readonly Choice[];
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly disabled?: boolean;
}

/** A quiet selector: it shows only its value until it is opened. */
export function Pick({ label, choices, value, onChange, disabled = false }: PickProps): ReactElement {
  return (
    <BaseSelect.Root
      items={choices.map((choice) => ({ value: choice.value, label: choice.label }))}
      value={value}
      disabled={disabled}
      modal={false}
      onValueChange={(next) => {
        if (next !== null) onChange(next);
      }}
    >
      <BaseSelect.Trigger className="pick" aria-label={`${label}: ${labelOf(choices, value)}`}>
        <BaseSelect.Value />
        <Icon name="chevron" size={12} />
      </BaseSelect.Trigger>
      <BaseSelect.Portal>
        <BaseSelect.Positioner
          side="top"
          align="start"
          sideOffset={6}
          alignItemWithTrigger={false}
          className="popup-layer"
        >
          <BaseSelect.Popup className="popup" aria-label={label}>
            <BaseSelect.List className="popup-list">
              {choices.map((choice) => (
                <BaseSelect.Item key={choice.value} value={choice.value} className="popup-item">
                  <span className="popup-text">
                    <BaseSelect.ItemText>{choice.label}</BaseSelect.ItemText>
                    {choice.note !== undefined && <span className="popup-note">{choice.note}</span>}
                  </span>
                  <BaseSelect.ItemIndicator className="popup-check">
                    <Icon name="check" size={14} />
                  </BaseSelect.ItemIndicator>
                </BaseSelect.Item>
              ))}
            </BaseSelect.List>
          </BaseSelect.Popup>
        </BaseSelect.Positioner>
      </BaseSelect.Portal>
    </BaseSelect.Root>
  );
}

function labelOf(choices: readonly Choice[], value: string): string {
  return choices.find((choice) => choice.value === value)?.label ?? value;
}
