/** The results as a page: what ran where, and a table for each capture. */
import { spawnSync } from 'node:child_process';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { median, medianRatio } from '../measure.mjs';

/** Markdown of all that was measured. */
export function resultsPage({ command, cases, notes }) {
  return [
    '# Results',
    '',
    'Written by the command below; do not edit. Compare ratios, not seconds: machines are shared. Every run is a process of its',
    'own, in turns, the order reversed from round to round; medians, with the smallest and the largest run beside them. A ratio is',
    "the median, over rounds, of a turn's seconds to the first turn's of the same round; the processor ratio, of processor seconds, suffers less from what else runs. The page cache is warm.",
    '',
    ...machineLines(command),
    '',
    ...cases.flatMap(caseLines),
    ...notes.flatMap((note) => [note, '']),
  ].join('\n');
}

function machineLines(command) {
  const model = cpus()[0]?.model.trim() ?? 'unknown';
  const load = loadavg()
    .map((value) => value.toFixed(1))
    .join(', ');
  return [
    `- Command: \`${command}\``,
    `- Commit: ${commit()}`,
    `- Machine: ${cpus().length} × ${model}, ${gigabytes(totalmem())} of memory, Linux ${release()}; load averages at the end ${load}`,
    `- Node ${process.version.slice(1)}, V8 ${process.versions.v8}`,
    ...[
      ['tcpdump', ['--version']],
      ['capinfos', ['--version']],
      ['tshark', ['--version']],
      ['ndpiReader', ['-h']],
    ].map(([tool, args]) => `- ${tool}: ${versionOf(tool, args)}`),
  ];
}

function commit() {
  const git = (...args) => spawnSync('git', args, { encoding: 'utf8' }).stdout?.trim() ?? '';
  const changed =
    git('status', '--porcelain', '--', 'src') === '' ? '' : ', with changes in src that are not committed';
  return `${git('rev-parse', '--short=12', 'HEAD') || 'unknown'}${changed}`;
}

function versionOf(tool, args) {
  const { stdout, stderr, error } = spawnSync(tool, args, { encoding: 'utf8' });
  if (error !== undefined) return 'not installed';
  return /\d+\.\d+(\.\d+)?/.exec(`${stdout}${stderr}`)?.[0] ?? 'unknown';
}

function caseLines({ title, about, made, results, remarks }) {
  const lines = [
    `## ${title}`,
    '',
    about,
    '',
    `Capture: ${number(made.packets)} packets, ${number(made.bytes)} bytes, ${number(made.flows)} flows, about ${number(made.concurrent)} at a time.`,
    '',
    '| | seconds | smallest – largest | processor seconds | Mpackets/s | ratio | processor ratio | peak memory | runs | output |',
    '|---|--:|--:|--:|--:|--:|--:|--:|--:|---|',
  ];
  const base = results[0];
  for (const result of results) {
    if (result.seconds.length === 0) {
      lines.push(`| ${result.name} | ${result.problem} | | | | | | | | |`);
      continue;
    }
    const seconds = median(result.seconds);
    const span = `${Math.min(...result.seconds).toFixed(2)} – ${Math.max(...result.seconds).toFixed(2)}`;
    const rate = (made.packets / seconds / 1e6).toFixed(2);
    const count = result.seconds.length;
    const ratio = medianRatio(result.seconds, base.seconds.slice(0, count)).toFixed(2);
    const cpuRatio = medianRatio(result.cpuSeconds, base.cpuSeconds.slice(0, count)).toFixed(2);
    const name = result.name.replaceAll('|', '\\|');
    const cells = [name, seconds.toFixed(2), span, median(result.cpuSeconds).toFixed(2), rate, ratio, cpuRatio];
    const memory = Number.isNaN(result.memory) ? '' : `${Math.round(result.memory / 1e6)} MB`;
    lines.push(`| ${[...cells, memory, count, result.problem || (result.turn.checked ?? 'right')].join(' | ')} |`);
  }
  return [...lines, '', ...(remarks ?? []).flatMap((remark) => [remark, ''])];
}

export function number(value) {
  return value.toLocaleString('en-US');
}

function gigabytes(octets) {
  return `${(octets / 1e9).toFixed(0)} GB`;
}
