/** The softphone's icons as inline SVG: nothing is fetched, and a Content-Security-Policy has nothing to forbid. */
import { svg } from 'lit';
import type { SVGTemplateResult } from 'lit';

const icon = (content: SVGTemplateResult): SVGTemplateResult => svg`
  <svg viewBox="0 0 24 24" width="20" height="20" fill="none" stroke="currentColor" stroke-width="2"
    stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">${content}</svg>`;

const handset = svg`<path d="M6.5 3.5h3l1.5 4-2 1.4a11 11 0 0 0 6.1 6.1l1.4-2 4 1.5v3a2 2 0 0 1-2.2 2A16.5 16.5 0 0 1 4.5 5.7a2 2 0 0 1 2-2.2z"/>`;

export const phoneIcon = icon(handset);
export const hangupIcon = icon(svg`<g transform="rotate(135 12 12)">${handset}</g>`);
export const holdIcon = icon(svg`<path d="M9 5v14M15 5v14"/>`);
export const resumeIcon = icon(svg`<path d="M8 5.5v13l10-6.5z"/>`);
const microphone = svg`<rect x="9" y="3" width="6" height="11" rx="3"/><path d="M5.5 11a6.5 6.5 0 0 0 13 0M12 17.5V21"/>`;
export const micIcon = icon(microphone);
export const mutedIcon = icon(svg`${microphone}<path d="M4 4l16 16"/>`);
export const keypadIcon = icon(svg`
  ${[6, 12, 18].map((y) => [6, 12, 18].map((x) => svg`<circle cx=${x} cy=${y} r="1" fill="currentColor"/>`))}`);
export const leaveIcon = icon(svg`<path d="M10 4H6a2 2 0 0 0-2 2v12a2 2 0 0 0 2 2h4M15 8l4 4-4 4M19 12H9"/>`);
export const eraseIcon = icon(
  svg`<path d="M8.5 5H20a1 1 0 0 1 1 1v12a1 1 0 0 1-1 1H8.5L3 12zM11.5 9.5l5 5M16.5 9.5l-5 5"/>`,
);

export const speakerIcon = icon(
  svg`<path d="M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM15.5 9a4.5 4.5 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11"/>`,
);

export const listIcon = icon(svg`<path d="M4 6h.01M4 12h.01M4 18h.01M8.5 6H20M8.5 12H20M8.5 18H20"/>`);

export const boltIcon = icon(svg`<path d="M13 3 5 13.5h6L10 21l9-11h-6.5z"/>`);
