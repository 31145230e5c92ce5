/** The field above a table whose rows it narrows down. */
export function Filter({ text, onText }: { readonly text: string; readonly onText: (text: string) => void }) {
  return (
    <div class="controls">
      <label>
        Filter
        <input
          type="search"
          autocomplete="off"
          value={text}
          onInput={({ currentTarget }) => onText(currentTarget.value)}
        />
      </label>
    </div>
  );
}
