// Looks again and again, quickly while something changes and rarely while nothing does.

const FIRST_MS = 400; // after a click, when something is likely to follow
const QUICK_MS = 1_500;
const SLOW_MS = 30_000;
const SLOWER = 1.5;
const REST = 9; // times what a look took: a large listing is not asked for all day long

export class Poller {
  #load; #show; #timer; #turn = 0; #delay = FIRST_MS;
  isPaused = false;

  // show(text, isError) says how it stands.
  constructor(show) {
    this.#show = show;
    document.addEventListener("visibilitychange", () => !document.hidden && !this.isPaused && this.now());
  }

  // load() resolves to whether something changed since the last time.
  watch(load) {
    this.#load = load;
    return this.now();
  }

  toggle() {
    this.isPaused = !this.isPaused;
    if (!this.isPaused) return this.now();
    clearTimeout(this.#timer);
    this.#show("Paused");
  }

  async now() {
    clearTimeout(this.#timer);
    this.#delay = FIRST_MS;
    await this.#look();
  }

  async #look() {
    const turn = ++this.#turn;
    const load = this.#load;
    const began = performance.now();
    try {
      const changed = await load();
      if (turn !== this.#turn) return; // somebody asked again meanwhile
      this.#delay = changed ? QUICK_MS : Math.min(this.#delay * SLOWER, SLOW_MS);
      this.#show(this.isPaused ? "Paused" : "Live");
    } catch (error) {
      if (turn !== this.#turn) return;
      this.#delay = Math.min(this.#delay * SLOWER, SLOW_MS);
      this.#show(error.message, true);
    }
    const took = performance.now() - began;
    if (!this.isPaused) this.#timer = setTimeout(() => !document.hidden && this.#look(), Math.max(this.#delay, took * REST));
  }
}
