import type { StepRunner } from './step-runner.ts';
import type { TaskImage } from './task-image.ts';
import { Team } from './team.ts';

/** Runs the steps of a task, and leaves branches of them to other threads where its image has such. The sound is the same. [render] */
export class SharedSteps {
  /** Whether branches are left to others at present. */
  isShared = true;
  /** For how long, in ms or so, other threads may leave a branch undone. Offline nobody looks after them: then it throws. */
  patienceMs = Number.POSITIVE_INFINITY;
  private readonly steps: StepRunner;
  private image: TaskImage;
  private team: Team | undefined;

  constructor(image: TaskImage, steps: StepRunner) {
    this.image = image;
    this.steps = steps;
  }

  /** Goes over to an image that the steps have already. [render, between blocks] */
  update(image: TaskImage): void {
    this.image = image;
    this.team = image.branches ? new Team(image.branches) : undefined;
  }

  /** All steps of a part of the block; or, after another renderer was ended, those from a step on, and there from a record on. */
  run(frames: number, fromStep: number, fromRecord: number): void {
    const { steps, team, image } = this;
    const isBranch = fromStep >= image.wholeSteps;
    if (!team || (!isBranch && (fromStep > 0 || fromRecord >= 0 || !this.isShared))) {
      steps.run(fromStep, image.wholeSteps, frames, fromRecord);
      return;
    }
    const { firstStep, endStep } = image.branches!;
    if (isBranch) {
      const branch = branchOf(endStep, fromStep);
      steps.run(fromStep, endStep[branch]!, frames, fromRecord);
      team.complete(branch);
    } else team.open(frames);
    let idleMs = 0;
    for (let { done } = team; done < team.branches; done = team.done) {
      const branch = team.take();
      if (branch < 0) {
        steps.setWaiting(true);
        idleMs = team.await(done) ? 0 : idleMs + 1;
        steps.setWaiting(false);
        if (idleMs > this.patienceMs) throw new Error('another thread does not finish its branch of the task');
        continue;
      }
      steps.run(firstStep[branch]!, endStep[branch]!, frames);
      team.complete(branch);
    }
    team.close();
  }
}

/** The branch that a step is in. No closure in `run`: it would be allocated in every block. */
function branchOf(endStep: readonly number[] | Int32Array, step: number): number {
  let branch = 0;
  while (step >= endStep[branch]!) branch++;
  return branch;
}
