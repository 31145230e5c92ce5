import type { ComponentChildren } from "preact";

export interface FilterProps {
  readonly text: string;
  readonly onText: (text: string) => void;
  /** What else narrows the rows down. */
  readonly children?: ComponentChildren;
}

/** The field above a table whose rows it narrows down. Names are no prose: their spelling is not checked. */
export function Filter({ text, onText, children }: FilterProps) {
  return (
    <div class="controls">
      <label>
        Filter
        <input
          type="search"
          autocomplete="off"
          spellcheck={false}
          value={text}
          onInput={({ currentTarget }) => onText(currentTarget.value)}
        />
      </label>
      {children}
    </div>
  );
}
