// Measures survey-core, and beside it our engine where that runs in the same program; gives milliseconds by engine and
// task. `workload` is what `cargo xtask bench survey` wrote: a questionnaire, expressions and values for them.

// The least of many: what else the machine does only adds to it.
const least = (task) => {
  let best = Infinity;
  const end = performance.now() + 1500;
  for (let run = 0; run < 5 || performance.now() < end; run++) {
    const begin = performance.now();
    task(run);
    best = Math.min(best, performance.now() - begin);
  }
  return best;
};

const reference = (Core, { definition, expressions, values }) => {
  let model;
  let runners;
  return {
    load: () => {
      model = new Core.Model(JSON.parse(definition));
    },
    set: (name, value) => model.setValue(name, value),
    shown: () => model.getAllQuestions().filter((question) => question.isVisible).length,
    // A text that was read once is remembered by the engine: a blank more each time makes it another.
    read: (run) => {
      const parser = new Core.ConditionsParser();
      for (const expression of expressions) parser.parseExpression(expression + " ".repeat(run + 1));
    },
    prepare: () => {
      runners = expressions.map((expression) => new Core.ExpressionRunner(expression));
    },
    read_and_evaluate: (run) => {
      let held = 0;
      for (const expression of expressions)
        held += new Core.ExpressionRunner(expression + " ".repeat(run + 1)).runValues(values) == true;
      return held;
    },
    evaluate: () => {
      let held = 0;
      // eslint-disable-next-line eqeqeq -- what holds is what loosely equals true
      for (const runner of runners) held += runner.runValues(values) == true;
      return held;
    },
  };
};

const measured = (engine) => {
  const figures = { load: least(engine.load) };
  figures.all = least((run) => engine.set("root", 1 + (run % 2)));
  figures.one = least((run) => engine.set("q500", `text ${run}`));
  engine.set("root", 1);
  figures.shown = engine.shown();
  figures.read = least(engine.read);
  figures.read_and_evaluate = least(engine.read_and_evaluate);
  engine.prepare();
  figures.evaluate = least(engine.evaluate);
  figures.held = engine.evaluate();
  return figures;
};

globalThis.measureSurveys = (Core, workload, ours) => {
  console.warn = () => {};
  const figures = { core: measured(reference(Core, workload)) };
  if (ours) figures.ours = measured(ours);
  return JSON.stringify(figures);
};
