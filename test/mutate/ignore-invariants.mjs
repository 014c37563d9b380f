// A plugin of Stryker: `checkInvariants()` of the structures is a check that tests make, so it is not mutated itself.
import { declareValuePlugin, PluginKind } from '@stryker-mutator/api/plugin';

/** Methods that only `checkInvariants` calls are named here. */
const CHECKS = new Set(['checkInvariants', 'checkFlows', 'isInIndex', 'activeSlots', 'covers']);

export const strykerPlugins = [
  declareValuePlugin(PluginKind.Ignore, 'invariants', {
    shouldIgnore(path) {
      const isFunction = path.isClassMethod() || path.isFunctionDeclaration();
      const name = path.node.key?.name ?? path.node.id?.name;
      return isFunction && CHECKS.has(name) ? 'a check that tests make' : undefined;
    },
  }),
];
