/** How the softphone looks. The page chooses light or dark by `color-scheme`, and colours by the custom properties. */
import { css } from 'lit';

export const styles = css`
  :host {
    --accent: var(--evercall-accent, light-dark(#1652c9, #8ab4ff));
    --on-accent: var(--evercall-on-accent, light-dark(#fff, #0b1a36));
    --surface: var(--evercall-surface, light-dark(#fff, #1b1d22));
    --raised: var(--evercall-raised, light-dark(#f3f5f9, #272a31));
    --text: var(--evercall-text, light-dark(#15181f, #eef0f5));
    --dim: var(--evercall-dim, light-dark(#565d6b, #a9b0bf));
    --line: var(--evercall-line, light-dark(#d9dee8, #3a3e48));
    --go: var(--evercall-go, light-dark(#0f7a3d, #5fd08f));
    --on-go: light-dark(#fff, #06200f);
    --stop: var(--evercall-stop, light-dark(#c0222e, #ff8a8f));
    --on-stop: light-dark(#fff, #3a0508);
    --alarm: light-dark(#fdeced, #40191c);
    color-scheme: light dark;
    display: block;
    box-sizing: border-box;
    max-inline-size: 24rem;
    color: var(--text);
    background: var(--surface);
    border: 1px solid var(--line);
    border-radius: 1rem;
    box-shadow:
      0 1px 2px #0001,
      0 8px 30px #0001;
    font: 400 1rem/1.4 var(--evercall-font, system-ui, sans-serif);
    overflow: hidden;
    container-type: inline-size;
  }
  :host([hidden]),
  [hidden] {
    display: none;
  }
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  .said {
    position: absolute;
    inline-size: 1px;
    block-size: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }

  .head {
    display: flex;
    align-items: center;
    gap: 0.75rem;
    padding: 0.75rem 1rem;
    border-block-end: 1px solid var(--line);
  }
  .head > div {
    flex: 1;
    min-inline-size: 0;
  }
  .name,
  .identity {
    display: block;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    font-weight: 600;
  }
  .registration {
    display: flex;
    align-items: center;
    gap: 0.4rem;
    color: var(--dim);
    font-size: 0.85rem;
  }
  .registration::before {
    content: '';
    inline-size: 0.55rem;
    block-size: 0.55rem;
    border-radius: 50%;
    border: 2px solid var(--dim);
  }
  .registration[data-ready]::before {
    background: var(--go);
    border-color: var(--go);
  }

  main {
    display: grid;
    gap: 1rem;
    padding: 1rem;
  }
  form {
    display: grid;
    gap: 1rem;
  }
  label {
    display: grid;
    gap: 0.3rem;
    font-size: 0.9rem;
    font-weight: 500;
  }
  input {
    inline-size: 100%;
    min-block-size: 2.75rem;
    padding: 0.5rem 0.75rem;
    font: inherit;
    font-weight: 400;
    color: inherit;
    background: var(--raised);
    border: 1px solid var(--line);
    border-radius: 0.6rem;
  }
  input::placeholder {
    color: var(--dim);
    opacity: 1;
  }

  button {
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: 0.5rem;
    min-block-size: 2.75rem;
    padding: 0.4rem 0.9rem;
    font: inherit;
    font-weight: 600;
    color: inherit;
    background: var(--raised);
    border: 1px solid transparent;
    border-radius: 0.7rem;
    cursor: pointer;
    touch-action: manipulation;
  }
  button:hover:not(:disabled) {
    filter: brightness(0.95);
  }
  button:active:not(:disabled) {
    transform: scale(0.98);
  }
  button:disabled {
    opacity: 0.45;
    cursor: default;
  }
  :focus-visible {
    outline: 3px solid var(--accent);
    outline-offset: 2px;
  }
  svg {
    flex: none;
  }
  .primary {
    background: var(--accent);
    color: var(--on-accent);
  }
  .call {
    background: var(--go);
    color: var(--on-go);
  }
  .end {
    background: var(--stop);
    color: var(--on-stop);
  }
  .wide {
    inline-size: 100%;
  }
  .icon {
    padding: 0;
    inline-size: 2.75rem;
    background: none;
    color: var(--dim);
  }

  .notice {
    margin: 0;
    padding: 0.6rem 0.8rem;
    border-radius: 0.6rem;
    background: var(--raised);
    font-size: 0.9rem;
  }
  .notice.error {
    background: var(--alarm);
  }
  .notice.error::before {
    content: '⚠ ';
  }

  .field {
    position: relative;
  }
  .target {
    min-block-size: 3.25rem;
    padding-inline-end: 3rem;
    font-size: 1.25rem;
  }
  .field .icon {
    position: absolute;
    inset-block-start: 0.25rem;
    inset-inline-end: 0.2rem;
  }
  .keypad {
    display: grid;
    grid-template-columns: repeat(3, 1fr);
    gap: 0.5rem;
  }
  .key {
    flex-direction: column;
    gap: 0;
    min-block-size: 3.25rem;
    padding: 0.2rem;
    line-height: 1.1;
  }
  .digit {
    font-size: 1.3rem;
    font-weight: 500;
  }
  .letters {
    min-block-size: 0.75rem;
    font-size: 0.65rem;
    font-weight: 500;
    letter-spacing: 0.12em;
    color: var(--dim);
  }

  ul {
    display: grid;
    gap: 0.75rem;
    margin: 0;
    padding: 0;
    list-style: none;
  }
  .card {
    padding: 0.9rem;
    border: 1px solid var(--line);
    border-radius: 0.8rem;
  }
  .card > div {
    display: grid;
    gap: 0.9rem;
  }
  .card[data-state='confirmed'] {
    border-color: var(--go);
  }
  .card[data-state='held'] {
    border-style: dashed;
    background: var(--raised);
  }
  .card[data-state='held'] .toggle[aria-pressed='false'],
  .card[data-state='held'] .toggle[aria-expanded='false'] {
    background: var(--surface);
  }
  .digits:empty {
    display: none;
  }
  .ringing {
    border: 2px solid var(--accent);
  }
  .who {
    display: flex;
    align-items: center;
    gap: 0.75rem;
  }
  .who > div {
    flex: 1;
    min-inline-size: 0;
  }
  .avatar {
    display: grid;
    place-items: center;
    flex: none;
    inline-size: 2.6rem;
    block-size: 2.6rem;
    border-radius: 50%;
    background: var(--accent);
    color: var(--on-accent);
    font-weight: 600;
  }
  .state {
    color: var(--dim);
    font-size: 0.9rem;
  }
  .connection {
    display: block;
    color: var(--go);
    font-size: 0.8rem;
  }
  .connection[data-connection='reconnecting'] {
    color: var(--stop);
    font-weight: 600;
  }
  .duration {
    font-variant-numeric: tabular-nums;
  }
  .choices {
    display: grid;
    grid-template-columns: 1fr 1fr;
    gap: 0.6rem;
  }
  .controls {
    display: grid;
    grid-template-columns: repeat(3, 1fr);
    gap: 0.5rem;
  }
  .hangup {
    grid-column: 1 / -1;
  }
  .toggle {
    flex-direction: column;
    gap: 0.15rem;
    padding: 0.45rem;
    font-size: 0.8rem;
    font-weight: 500;
  }
  .toggle[aria-pressed='true'],
  .toggle[aria-expanded='true'] {
    background: var(--accent);
    color: var(--on-accent);
  }
  .digits {
    display: block;
    min-block-size: 1.5rem;
    text-align: center;
    font-size: 1.2rem;
    letter-spacing: 0.1em;
    overflow-wrap: anywhere;
  }

  @media (prefers-reduced-motion: no-preference) {
    .ringing .avatar {
      animation: ring 1.2s ease-in-out infinite;
    }
    @keyframes ring {
      50% {
        box-shadow: 0 0 0 0.5rem color-mix(in srgb, var(--accent) 25%, transparent);
      }
    }
  }
  @media (forced-colors: active) {
    button,
    .card,
    .avatar {
      border: 1px solid;
    }
    .toggle[aria-pressed='true'],
    .toggle[aria-expanded='true'] {
      border-width: 3px;
    }
  }
  @container (max-width: 19rem) {
    main {
      padding: 0.6rem;
    }
    .key {
      min-block-size: 2.75rem;
    }
  }
`;
