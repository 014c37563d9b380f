/**
 * Measures parts of the program, for the `*.bench.mjs` files. A task runs over a workload of many items and returns a
 * number that depends on all of them, so the compiler cannot omit work. Results are nanoseconds per item. Compare only
 * tasks of one table, because the machine is shared.
 */
import { Bench } from 'tinybench';

/** Consumes the results of tasks, so that every call has an effect. */
let consumed = 0;

/**
 * Runs tasks, each `[name, itemCount, run]`, and prints a table under a title that states the workload. `run` may be
 * called often. Returns the rows of the table.
 */
export async function measureParts(title, tasks) {
  const bench = new Bench({ time: 300, warmupTime: 150, warmupIterations: 2, iterations: 5 });
  const counts = new Map();
  for (const [name, itemCount, run] of tasks) {
    counts.set(name, itemCount);
    bench.add(name, () => {
      consumed ^= run();
    });
  }
  await bench.run();
  console.log(`\n${title}`);
  const rows = bench.tasks.map((task) => {
    const { latency, error } = task.result;
    if (error !== undefined) throw error;
    return {
      name: task.name,
      ns: (latency.p50 * 1e6) / counts.get(task.name),
      fastest: (latency.min * 1e6) / counts.get(task.name),
    };
  });
  for (const { name, ns, fastest } of rows) {
    const rate = ns > 0 ? (1000 / ns).toFixed(ns > 100 ? 2 : 1) : '';
    const ratio = (ns / rows[0].ns).toFixed(2);
    console.log(
      `  ${name.padEnd(52)} ${ns.toFixed(1).padStart(11)} ns ${fastest.toFixed(1).padStart(11)} min ${rate.padStart(9)} M/s ${ratio.padStart(9)} ×`,
    );
  }
  // Never true: this uses the consumed results.
  if (consumed === 0.5) console.log(consumed);
  return rows;
}
