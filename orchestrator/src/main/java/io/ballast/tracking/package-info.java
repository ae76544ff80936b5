/**
 * Listeners that tell trackers about runs. What each needs is an optional dependency, which an application brings. A
 * tracker that fails never ends or delays a run: it is warned of once a run, and the run goes on.
 */
package io.ballast.tracking;
