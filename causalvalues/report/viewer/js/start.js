/** Start every panel once; each draws itself and watches what it shows. */
readFragment();
for (const start of [
  startTheme, startTabs, startFilters, startNetwork, startInspector, startSideEffects, startWhatIf,
  startTrials, startPlan, startComparison, startLegend, startExports, startTables, startProvenance,
  startKeyboard, startFragment,
]) start();
document.documentElement.dataset.ready = "yes";
