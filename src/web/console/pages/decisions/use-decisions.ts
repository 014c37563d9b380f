/**
 * The list of decisions that a query selects. What is shown stays where it is: older ones are added below, and new ones
 * are only counted until they are asked for.
 */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { DecisionList } from '../../../../history/recent/decision-document.ts';
import type { LiveDocument } from '../../../api/live-schema.ts';
import { failureWords, getJson } from '../../live/api.ts';

export const PAGE_LENGTH = 50;
/** New decisions are counted at most so often. */
const EVERY_MS = 2000;

export interface Decisions {
  /** Null before the first answer. */
  readonly list: DecisionList | null;
  readonly problem: string | null;
  /** Decisions that the query selects and that have come since. */
  readonly newer: number;
  readonly isLoadingOlder: boolean;
  readonly showNew: () => void;
  readonly showOlder: () => void;
}

function pathOf(query: string, more: Readonly<Record<string, number>>): string {
  const all = new URLSearchParams(query);
  for (const [name, value] of Object.entries(more)) all.set(name, String(value));
  return `/decisions?${all.toString()}`;
}

/** `query`: filters as the API takes them. `isFollowing`: new ones are shown as they come. */
export function useDecisions(query: string, live: LiveDocument, isFollowing: boolean): Decisions {
  const loaded = useList(query);
  const newer = useNewer(query, live, isFollowing, loaded);
  const { list, problem, isLoadingOlder, showNew, showOlder } = loaded;
  return { list, problem, newer, isLoadingOlder, showNew, showOlder };
}

interface LoadedList extends Omit<Decisions, 'newer'> {
  /** Lists that have been loaded from their newest decision on. */
  readonly loads: number;
  /** Ends with the query. */
  readonly ending: { readonly current: AbortController };
}

/** The list, as it was when it was asked for, and older ones that were asked for since. */
function useList(query: string): LoadedList {
  const [list, setList] = useState<DecisionList | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [isLoadingOlder, setIsLoadingOlder] = useState(false);
  const [turn, setTurn] = useState(0);
  const [loads, setLoads] = useState(0);
  const ending = useRef(new AbortController());

  const fail = useCallback((error: unknown) => {
    setProblem(failureWords(error));
  }, []);

  useEffect(() => {
    const controller = new AbortController();
    ending.current = controller;
    getJson<DecisionList>(pathOf(query, { limit: PAGE_LENGTH }), controller.signal).then(
      (answer) => {
        setList(answer);
        setLoads((before) => before + 1);
        setProblem(null);
      },
      (error: unknown) => {
        if (!controller.signal.aborted) fail(error);
      },
    );
    return () => {
      controller.abort();
    };
  }, [query, turn, fail]);

  const showNew = useCallback(() => {
    setTurn((before) => before + 1);
  }, []);

  const showOlder = useCallback(() => {
    if (list?.next == null) return;
    setIsLoadingOlder(true);
    getJson<DecisionList>(pathOf(query, { limit: PAGE_LENGTH, before: list.next }), ending.current.signal)
      .then(
        (answer) => {
          setList({ ...list, rows: [...list.rows, ...answer.rows], next: answer.next });
        },
        (error: unknown) => {
          if (!ending.current.signal.aborted) fail(error);
        },
      )
      .finally(() => {
        setIsLoadingOlder(false);
      });
  }, [list, query, fail]);

  return { list, problem, loads, ending, isLoadingOlder, showNew, showOlder };
}

/** How many have come since the list was loaded. Loads it again where it follows them. */
function useNewer(
  query: string,
  live: LiveDocument,
  isFollowing: boolean,
  { list, loads, ending, showNew }: LoadedList,
): number {
  const [newer, setNewer] = useState({ count: 0, loads: 0 });
  const made = Object.values(live.counts.decisions).reduce((sum, count) => sum + count, 0);
  // Those from before the start have numbers below 1, and are never new.
  const newest = Math.max(0, list?.stock.newest?.number ?? 0);
  // The event log of before the start is being read: there will be more at the end of the list.
  const isReading = list?.stock.earlier.state === 'reading';
  const counted = useRef({ made: 0, ms: 0 });
  // The live document comes once a second, so this is asked again as long as there is something new.
  useEffect(() => {
    const nowMs = performance.now();
    if (list === null || nowMs - counted.current.ms < EVERY_MS) return;
    if (made === counted.current.made && !isReading) return;
    counted.current = { made, ms: nowMs };
    if (made <= newest && !isReading) return;
    if (isFollowing || isReading) {
      showNew();
      return;
    }
    getJson<DecisionList>(pathOf(query, { after: newest, limit: 0 }), ending.current.signal).then(
      (answer) => {
        setNewer({ count: answer.newer, loads });
      },
      // The page says by itself that the daemon does not answer.
      () => undefined,
    );
  }, [live, list, loads, ending, made, newest, query, isFollowing, isReading, showNew]);
  return newer.loads === loads ? newer.count : 0;
}
