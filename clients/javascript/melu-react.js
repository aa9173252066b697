// React hooks over a client of melu.js; docs/clients.md shows them.
import { createContext, createElement, useCallback, useContext, useEffect, useRef, useState } from "react";

const Context = createContext(null);

/** Give all below a client. */
export function MeluProvider({ melu, children }) {
  return createElement(Context.Provider, { value: melu }, children);
}

/** The client that was given above. */
export function useMelu() {
  const melu = useContext(Context);
  if (!melu) throw new Error("useMelu needs a MeluProvider above");
  return melu;
}

/** Queries are new objects with each rendering; equal ones are the same. */
const keyOf = (melu, query) => JSON.stringify([melu.userId, query]);

/** Ask by `read` whenever client or query change; `reload` asks again, and what was there stays meanwhile. */
function useAnswer(melu, query, read) {
  const [state, setState] = useState({ data: null, error: null, isLoading: true });
  const abort = useRef(null);
  const latest = useRef(read);
  latest.current = read;
  const reload = useCallback(async () => {
    abort.current?.abort();
    const { signal } = (abort.current = new AbortController());
    setState((before) => ({ ...before, isLoading: true }));
    try {
      const data = await latest.current(signal);
      if (!signal.aborted) setState({ data, error: null, isLoading: false });
    } catch (error) {
      if (!signal.aborted) setState((before) => ({ ...before, error, isLoading: false }));
    }
  }, []);
  useEffect(() => {
    reload();
    return () => abort.current?.abort();
  }, [melu, keyOf(melu, query), reload]);
  return [state, setState, reload];
}

/** What to ask; `answer(events)` keeps the answers, sends them, and asks on. */
export function useOnboarding(query = {}) {
  const melu = useMelu();
  const [{ data, error, isLoading }, , reload] = useAnswer(melu, query, (signal) =>
    melu.onboarding({ ...query, signal }),
  );
  const answer = useCallback(
    async (events) => {
      await melu.queueFeedback(events);
      // What can't be sent now is sent later.
      await melu.flush().catch(() => {});
      await reload();
    },
    [melu, reload],
  );
  return {
    items: data?.items ?? [],
    groups: data?.groups ?? [],
    progress: data?.progress ?? null,
    error,
    isLoading,
    answer,
    reload,
  };
}

/** The user's list; it is asked for again when feedback was sent. */
export function useRecommendations(query = {}) {
  const melu = useMelu();
  const [{ data, error, isLoading }, setState, reload] = useAnswer(melu, query, (signal) =>
    melu.recommendations({ ...query, signal }),
  );
  useEffect(() => {
    const onSent = () => void reload();
    melu.addEventListener("sent", onSent);
    return () => melu.removeEventListener("sent", onSent);
  }, [melu, reload]);
  const cursor = data?.next_cursor ?? null;
  const loadMore = useCallback(async () => {
    if (cursor === null) return;
    try {
      const page = await melu.recommendations({ ...query, cursor });
      setState((before) =>
        // Another list may have come meanwhile, or the same page twice.
        before.data?.next_cursor === cursor
          ? { ...before, error: null, data: { ...page, items: [...before.data.items, ...page.items] } }
          : before,
      );
    } catch (error) {
      // The list is no more: it begins anew, or the same page would be asked for in vain for ever.
      if (error.code === "invalid_cursor") await reload();
      else setState((before) => ({ ...before, error }));
    }
  }, [melu, cursor, keyOf(melu, query), reload]);
  return {
    items: data?.items ?? [],
    strategy: data?.strategy ?? null,
    hasMore: cursor !== null,
    error,
    isLoading,
    loadMore,
    reload,
  };
}
