/** Where the focus is. */

/** Whether the focus is in a field with text, wherever on the page; an empty one is not being typed in. */
export function isTyping(): boolean {
  let focused = document.activeElement;
  while (focused?.shadowRoot?.activeElement) focused = focused.shadowRoot.activeElement;
  if (focused instanceof HTMLInputElement || focused instanceof HTMLTextAreaElement) return focused.value !== '';
  return focused instanceof HTMLElement && focused.isContentEditable;
}
