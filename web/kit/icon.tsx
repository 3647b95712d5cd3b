import type { ReactElement } from "react";

/** Strokes on a grid of 16, drawn for this program. */
const paths = {
  search: "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10ZM10.600 10.600 14 14",
  plus: "M8 3v10M3 8h10",
  close: "m4 4 8 8M12 4l-8 8",
  menu: "M2.500 4.500h11M2.500 8h11M2.500 11.500h11",
  compose:
    "M8.500 3H4a1.500 1.500 0 0 0-1.500 1.500V12A1.500 1.500 0 0 0 4 13.500h7.500A1.500 1.500 0 0 0 13 12V7.500M12.200 2.300a1.100 1.100 0 0 1 1.500 1.500L8.500 9l-2 .5.5-2Z",
  send: "M8 13V3M3.800 7.200 8 3l4.200 4.200",
  chevron: "m4 6 4 4 4-4",
  right: "m6 4 4 4-4 4",
  down: "M8 3v10M3.800 8.800 8 13l4.200-4.200",
  check: "m3 8.500 3.200 3.200L13 4.800",
  terminal: "m3 5 3 3-3 3M8 11.500h5",
  file: "M9 2H4.500A1 1 0 0 0 3.500 3v10a1 1 0 0 0 1 1h7a1 1 0 0 0 1-1V5.500ZM9 2v3.500h3.500",
  tool: "M10 2.500a3.500 3.500 0 0 0-3.200 4.800L2.500 11.600 4.400 13.500l4.300-4.300A3.500 3.500 0 0 0 13.300 5L11 7.200 8.800 5 11 2.700A3.500 3.500 0 0 0 10 2.500Z",
  thought: "M5.500 12.500h5M6.500 14.500h3M8 1.500a4.500 4.500 0 0 0-2.500 8.200v.8h5v-.8A4.500 4.500 0 0 0 8 1.500Z",
  plan: "M6.500 4H14M6.500 8H14M6.500 12H14M2 4l.8.8L4.300 3.300M2 8l.8.8 1.500-1.500M2 12l.8.8 1.500-1.500",
  shield: "M8 1.800 3 3.600v4C3 10.800 5.100 13 8 14.200c2.900-1.200 5-3.400 5-6.600v-4Z",
  warning: "M8 2 1.500 13.500h13ZM8 6.500v3M8 11.600v.1",
  lifebuoy:
    "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 10.500a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5ZM3.800 3.800l2.400 2.400M9.800 9.800l2.400 2.400M12.200 3.800 9.800 6.200M6.200 9.800l-2.400 2.400",
  stop: "M5 4.500h6a.5.5 0 0 1 .5.500v6a.5.5 0 0 1-.5.500H5a.5.5 0 0 1-.5-.5V5a.5.500 0 0 1 .5-.5Z",
  clock: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 4.800V8l2.200 1.500",
  settings:
    "M2.500 5H8M11.500 5h2M9.800 6.800a1.800 1.800 0 1 0 0-3.600 1.800 1.800 0 0 0 0 3.600ZM2.500 11h2M8 11h5.500M6.200 12.800a1.800 1.800 0 1 0 0-3.600 1.800 1.800 0 0 0 0 3.600Z",
  keyboard:
    "M2 4h12a.5.5 0 0 1 .5.500v7a.5.5 0 0 1-.5.500H2a.5.500 0 0 1-.5-.5v-7A.5.5 0 0 1 2 4ZM4 6.500h.1M6.600 6.500h.1M9.300 6.500h.1M11.900 6.500h.1M5 9.500h6",
  folder: "M1.800 4.300v8a1 1 0 0 0 1 1h10.400a1 1 0 0 0 1-1v-6.500a1 1 0 0 0-1-1H8L6.500 3.300H2.800a1 1 0 0 0-1 1Z",
  split: "M2.500 3h11v10h-11ZM8 3v10",
  copy: "M5.500 5.500v-3h8v8h-3M2.500 5.500h8v8h-8Z",
  anchor:
    "M8 5.500v8.500M8 5.500a1.700 1.700 0 1 0 0-3.400 1.700 1.700 0 0 0 0 3.400ZM2.500 9c.3 3 2.500 5 5.500 5s5.200-2 5.500-5M5.500 8h5",
  branch:
    "M4.500 10.500v-5M4.500 5.500a1.700 1.700 0 1 0 0-3.400 1.700 1.700 0 0 0 0 3.400ZM4.500 13.900a1.700 1.700 0 1 0 0-3.400 1.700 1.700 0 0 0 0 3.400ZM11.500 7.200a1.700 1.700 0 1 0 0-3.400 1.700 1.700 0 0 0 0 3.400ZM11.500 7.200c0 2.300-3 2.300-5.600 3.900",
} as const;

export type IconName = keyof typeof paths;

/** A sign beside a word or inside a named button; it says nothing by itself, so it is hidden from screen readers. */
export function Icon({ name, size = 16 }: { readonly name: IconName; readonly size?: number }): ReactElement {
  return (
    <svg className="icon" width={size} height={size} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  );
}

/** The mark of Keelson: a hull's section with its keelson. */
export function Mark({ size = 24 }: { readonly size?: number }): ReactElement {
  return (
    <svg className="mark" width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="9" />
      <path d="M7 10c1 8 4.500 12.500 9 13.500 4.500-1 8-5.500 9-13.500M16 7v16.500M11 14h10" />
    </svg>
  );
}
