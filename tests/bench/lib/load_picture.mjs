// Two panels over the same axis of offered load: latency (logarithmic), and what arrives of what is offered.

const width = 720, left = 70, right = 20, plot = width - left - right;
const panel = { latency: { top: 40, height: 220 }, arrived: { top: 310, height: 150 } };
const colours = { p50: '#2563eb', p99: '#dc2626', arrived: '#059669' };

const text = (x, y, what, more = '') => `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${more}>${what}</text>`;
const line = (x1, y1, x2, y2) => `<line x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" y2="${y2.toFixed(1)}"/>`;

function curveOf(points, x, y, colour) {
  const at = points.map((p) => [x(p).toFixed(1), y(p).toFixed(1)]);
  return `<polyline points="${at.map((p) => p.join(',')).join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>${
    at.map(([cx, cy]) => `<circle cx="${cx}" cy="${cy}" r="3" fill="${colour}"/>`).join('')}`;
}

function stepFor(most) {
  const rough = 10 ** Math.floor(Math.log10(most / 4));
  return [1, 2, 5, 10].map((n) => n * rough).find((step) => most / step <= 6);
}

function ticks(most) {
  const step = stepFor(most);
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, i) => i * step);
}

function latencyPanel(points, x) {
  const { top, height } = panel.latency;
  const low = Math.floor(Math.log10(Math.min(...points.map((p) => p.p50Ms)))), high = Math.ceil(Math.log10(Math.max(...points.map((p) => p.p99Ms))));
  const y = (ms) => top + height - (Math.log10(ms) - low) / (high - low) * height;
  const grid = Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i));
  return `<g class="grid">${grid.map((ms) => line(left, y(ms), left + plot, y(ms))).join('')}</g>${
    grid.map((ms) => text(left - 8, y(ms) + 4, `${ms} ms`, 'text-anchor="end"')).join('')}${
    text(left, top - 14, 'publish → provider')}${text(left + 150, top - 14, 'p50', `fill="${colours.p50}"`)}${text(left + 190, top - 14, 'p99', `fill="${colours.p99}"`)}${
    curveOf(points, x, (p) => y(p.p50Ms), colours.p50)}${curveOf(points, x, (p) => y(p.p99Ms), colours.p99)}`;
}

function arrivedPanel(points, x, most) {
  const { top, height } = panel.arrived;
  const y = (n) => top + height - n / most * height;
  return `<g class="grid">${ticks(most).map((n) => line(left, y(n), left + plot, y(n))).join('')}</g>${
    ticks(most).map((n) => text(left - 8, y(n) + 4, String(n), 'text-anchor="end"')).join('')}${
    text(left, top - 14, 'arrived msg/s', `fill="${colours.arrived}"`)}${curveOf(points, x, (p) => y(p.arrivedPerSecond), colours.arrived)}${
    ticks(most).map((n) => text(x({ rate: n }), top + height + 18, String(n), 'text-anchor="middle"')).join('')}${
    text(left + plot / 2, top + height + 38, 'offered msg/s', 'text-anchor="middle"')}`;
}

export function loadPicture(points, maximum) {
  const x = ({ rate }) => left + rate / maximum * plot;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} 510" font-family="system-ui, sans-serif" font-size="12" fill="#18181b">
<title>Latency and throughput against offered load, up to ${maximum} messages a second</title>
<style>.grid line { stroke: #e4e4e7; }</style>
<rect width="${width}" height="510" fill="#ffffff"/>
${latencyPanel(points, x)}
${arrivedPanel(points, x, maximum)}
</svg>
`;
}
