/** Start every panel once; each draws itself and watches what it shows. */
readFragment();
for (const start of [
  startTheme, startTabs, startFilters, startInspector, startSideEffects, startWhatIf,
  startTrials, startPlan, startComparison, startLegend, startNetwork, startExports, startTables, startPrinting, startProvenance,
  startKeyboard, startFragment,
]) start();
document.documentElement.dataset.ready = "yes";
