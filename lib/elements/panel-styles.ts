/** How the panels below the phone look. */
import { css } from 'lit';

export const panelStyles = css`
  .foot {
    display: grid;
    gap: 0.75rem;
    padding: 0.75rem 1rem;
    border-block-start: 1px solid var(--line);
  }
  .panel {
    display: grid;
    gap: 0.75rem;
  }
  .dim {
    margin: 0;
    color: var(--dim);
    font-size: 0.85rem;
  }
  .timeline {
    max-block-size: 16rem;
    padding: 0.6rem;
    overflow: auto;
    background: var(--raised);
    border-radius: 0.6rem;
    font-size: 0.85rem;
    overflow-wrap: anywhere;
  }
  .timeline ol {
    margin: 0;
    padding: 0;
    list-style: none;
  }
  .timeline time {
    color: var(--dim);
    font-variant-numeric: tabular-nums;
  }
  .timeline [data-tone='bad']::before {
    content: '✕ ';
    color: var(--stop);
  }
  .timeline [data-tone='good']::before {
    content: '✓ ';
    color: var(--go);
  }
  .fault {
    display: grid;
    gap: 0.25rem;
  }
  select {
    inline-size: 100%;
    min-block-size: 2.75rem;
    padding: 0.4rem 0.6rem;
    font: inherit;
    color: inherit;
    background: var(--raised);
    border: 1px solid var(--line);
    border-radius: 0.6rem;
  }
  fieldset {
    display: grid;
    gap: 0.4rem;
    margin: 0;
    padding: 0.6rem 0.8rem;
    border: 1px solid var(--line);
    border-radius: 0.6rem;
  }
  legend {
    padding-inline: 0.3rem;
    font-size: 0.9rem;
    font-weight: 500;
  }
  .check {
    display: flex;
    align-items: center;
    gap: 0.5rem;
    font-weight: 400;
  }
  .check input {
    inline-size: 1.2rem;
    min-block-size: 1.2rem;
    accent-color: var(--accent);
  }
  meter {
    inline-size: 100%;
  }
`;
