import { placeInTask } from './place-in-task.ts';
import { StepRunner } from './step-runner.ts';
import type { TaskImage } from './task-image.ts';
import { TaskShared, WORD } from './task-shared.ts';
import { Team } from './team.ts';

/** A thread that does branches of a task which another thread renders. [render] */
export class TaskHelper {
  private readonly seat: number;
  private readonly steps: StepRunner;
  private image: TaskImage;
  private readonly words: Int32Array;
  private team: Team | undefined;

  /** seat: 1 and above, this thread's own in every memory of the image. [render, between blocks] */
  constructor(image: TaskImage, seat: number) {
    this.seat = seat;
    this.words = new TaskShared(image.shared).words;
    this.image = image;
    this.steps = new StepRunner(image, seat);
    this.update(image);
  }

  /** Goes over to a new image; until its owner does so, too, there is nothing to do. [render, between blocks] */
  update(image: TaskImage): void {
    this.image = image;
    this.steps.update(image);
    this.team = image.branches ? new Team(image.branches, this.seat) : undefined;
  }

  /** Whether the task has branches at all. */
  get isOfUse(): boolean {
    return this.team !== undefined;
  }

  /** Does one branch if there is one within about 100 us. Returns whether it did. */
  help(): boolean {
    const { team } = this;
    if (!team) return false;
    const branch = team.look();
    if (branch < 0) return false;
    this.finish(team, branch, this.image.branches!.firstStep[branch]!, -1, team.frames);
    return true;
  }

  /** Sleeps until there may be a branch to do, at most `timeoutMs`. */
  sleep(timeoutMs: number): void {
    this.team?.sleep(timeoutMs);
  }

  /** Finishes the branch in which the thread that had this seat was ended. As TaskRenderer.resume. [render, between blocks] */
  resume(): string | undefined {
    const { team, image } = this;
    const step = this.steps.stepInProgress;
    const place = placeInTask(image, step, this.seat);
    if (!place || !team || this.words[WORD.generation] !== image.generation) return undefined;
    const { frames } = team;
    const record = this.steps.memories[place.memory]!.passWedged(place.program, place.record, frames);
    const branch = image.branches!.endStep.findIndex((end) => step < end);
    this.finish(team, branch, step, record, frames);
    return place.name;
  }

  private finish(team: Team, branch: number, step: number, record: number, frames: number): void {
    this.steps.run(step, this.image.branches!.endStep[branch]!, frames, record);
    // before the branch counts as done, so that who waits for it knows
    if (this.steps.takeActivity() || record >= 0) Atomics.add(this.words, WORD.activity, 1);
    if (this.steps.takeFailure()) Atomics.store(this.words, WORD.failed, 1);
    team.complete(branch);
  }
}
