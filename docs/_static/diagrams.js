// Draws every diagram of the page with the mermaid.js beside this file, and again when light turns to dark.
(() => {
  const diagrams = [...document.querySelectorAll("pre.mermaid")];
  const sources = diagrams.map((diagram) => diagram.textContent);
  // The page's own font, by name: mermaid measures texts outside of the page's text.
  const fontFamily = getComputedStyle(document.body).fontFamily;
  const systemIsDark = window.matchMedia("(prefers-color-scheme: dark)");

  const isDark = () => {
    const chosen = document.body.dataset.theme;
    return chosen === "dark" || (chosen !== "light" && systemIsDark.matches);
  };

  let drawn = null;
  const draw = async () => {
    const theme = isDark() ? "dark" : "neutral";
    if (theme === drawn) return;
    drawn = theme;
    mermaid.initialize({ startOnLoad: false, securityLevel: "strict", theme, fontFamily });
    diagrams.forEach((diagram, index) => {
      diagram.removeAttribute("data-processed");
      diagram.textContent = sources[index];
    });
    await mermaid.run({ nodes: diagrams });
  };

  draw();
  systemIsDark.addEventListener("change", draw);
  new MutationObserver(draw).observe(document.body, { attributes: true, attributeFilter: ["data-theme"] });
})();
