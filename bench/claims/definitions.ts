/** The claims: what is asked, and the comparisons that answer it. */

/** One comparison, by the flags of `aft compare`. */
export interface ClaimComparison {
  /** Name of its folder and of its kept table. */
  readonly name: string;
  /**
   * Flags as on a command line, without `--out`. `$DATA` stands for the folder of the data, `$MADE`
   * for that of the files which are made from them.
   */
  readonly flags: string;
}

/** A claim of the paper, or a question of its reviewers, to be seen on real data. */
export interface ClaimDefinition {
  /** Name on the command line. */
  readonly name: string;
  /** Heading. */
  readonly title: string;
  /** One sentence: what the paper says, as a question. */
  readonly question: string;
  /** What else a reader has to know. */
  readonly note?: string;
  /** The comparisons. */
  readonly comparisons: readonly ClaimComparison[];
}

const FEATURES = "$DATA/features/cifar10_";
const cifar = (...teachers: string[]) =>
  `--data $DATA/cifar10 --features ${
    teachers.map((name) => `${FEATURES}${name}.f16.safetensors`).join(",")
  }`;
const MLP = "--student mlp:128,128 --steps 500 --train-sizes 1000 --seeds 10 --tune-seeds 2";
const BETAS = "--betas 3,30,300";
/** aft-auto as claims write it: it sets its own strength by what the teachers know. */
export const AUTO = "aft-auto:beta=1";
const FOUR = `--methods stl,kd,aft,${AUTO}`;
const CNN =
  "--student cnn:16,32,64:128 --steps 500 --train-sizes 1000 --betas 3,10,30 --seeds 5 --tune-seeds 2";
const BODY = "--init $DATA/students/cnn_init.safetensors --init-map " +
  "body.0=convolutions.0,body.2=convolutions.1,body.4=convolutions.2,body.7=hidden";
const CNN_METHODS = `--methods stl,kd,aft,aft:kernel=none,${AUTO}`;
const THREE = ["squeezenet", "shufflenet", "resnet20"];
const TEACHER_SETS = {
  name: "sets",
  flags: `${cifar(...THREE)} ${MLP} ${BETAS} --teacher-sets each,pairs,all ${FOUR}`,
};

/** Every claim, in the order of the page. */
export const definitions = [
  {
    name: "methods",
    title: "Normalised error of all methods",
    question:
      "Does AFT have the smallest error relative to training without a teacher (the paper: AFT 0.888, " +
      "factor transfer 0.928, relational distillation 0.939, B-Tuning 0.945, distillation 0.957)?",
    note:
      "Relational distillation compares all triples of a batch and is slow, so it runs at its " +
      "default strength; logitkd, sp and pkt run at theirs, which come with the methods, and " +
      "aft-auto sets its own. The strengths of the others are chosen among three.",
    comparisons: [
      {
        name: "squeezenet",
        flags: `${cifar("squeezenet")} ${MLP} ${BETAS} --methods stl,aft,${AUTO},kd,kkd,` +
          "rkd:beta=10,ft,btune,logitkd:beta=1,sp:beta=3000,pkt:beta=30000,cka,vid",
      },
      { name: "resnet20", flags: `${cifar("resnet20")} ${MLP} ${BETAS} ${FOUR}` },
      { name: "both", flags: `${cifar("squeezenet", "resnet20")} ${MLP} ${BETAS} ${FOUR}` },
    ],
  },
  {
    name: "noise",
    title: "Columns of noise beside the teacher",
    question:
      "Does AFT keep its accuracy when up to 2,048 columns of noise stand beside the teacher's, while " +
      "distillation loses?",
    note:
      "The paper starts rho at 0.5 for every column and learns it; beside that, rho starts at " +
      "each column's relevance for the labels and is learned, or stays there.",
    comparisons: [{
      name: "squeezenet",
      flags: `${cifar("squeezenet")} ${MLP} ${BETAS} --noise 0,512,2048 ` +
        `--methods stl,kd,aft,aft:rho=relevance,aft:rho=relevance-fixed,${AUTO}`,
    }],
  },
  {
    name: "useless",
    title: "A teacher that knows nothing",
    question:
      "Does a student keep its accuracy when a teacher that knows nothing of its rows stands beside a " +
      "useful one, and when there is no other?",
    note:
      "The useless teacher is squeezenet with its rows in a random order, so that its columns are " +
      "as lifelike as a useful teacher's. `beside` has both, `alone` the useless one alone.",
    comparisons: [
      { name: "squeezenet", flags: `${cifar("squeezenet")} ${MLP} ${BETAS} ${FOUR}` },
      {
        name: "beside",
        flags: `${
          cifar("squeezenet")
        },$MADE/squeezenet_shuffled.safetensors ${MLP} ${BETAS} ${FOUR}`,
      },
      {
        name: "alone",
        flags: `--data $DATA/cifar10 --features $MADE/squeezenet_shuffled.safetensors ${MLP} ` +
          `${BETAS} ${FOUR}`,
      },
    ],
  },
  {
    name: "teachers",
    title: "Several teachers",
    question:
      "Does AFT gain from more teachers, follow what their linear probe reads from them, and give " +
      "useful teachers more of rho's energy than less useful ones?",
    comparisons: [TEACHER_SETS],
  },
  {
    name: "labels",
    title: "Few labels of each class",
    question: "Does AFT help with 1, 5, 10, 50 and 100 labels of each class?",
    comparisons: [{
      name: "squeezenet",
      flags:
        `${
          cifar("squeezenet")
        } --student mlp:128,128 --steps 500 --train-sizes 10,50,100,500,1000 ` +
        `--seeds 10 --tune-seeds 2 ${BETAS} ${FOUR}`,
    }],
  },
  {
    name: "ablations",
    title: "Parts of AFT taken out or exchanged",
    question:
      "Is AFT better than its own forms: fixed rho, no kernel, another kernel or distance, " +
      "five steps of rho for one of the student, dense or closed-form or sparse rho?",
    note: "The paper says: without the kernel no better than no teacher at all, fixed rho worse, " +
      "RBF slightly worse, more steps of rho no gain. The other forms are its reviewers' questions.",
    comparisons: [{
      name: "squeezenet",
      flags: `${cifar("squeezenet")} ${MLP} ${BETAS} --methods stl,aft,aft:rho=fixed,` +
        "aft:kernel=none,aft:kernel=rbf,aft:distance=squared,aft:distance=cka,aft:rho-steps=5," +
        "aft:rho=dense,aft:rho=closed,aft:sparsity=l1l2",
    }],
  },
  {
    name: "correlated",
    title: "Doubled and correlated columns",
    question:
      "Does AFT keep its accuracy when every column of the teacher is doubled, or mixed with " +
      "others?",
    note:
      "`doubled` holds every column twice; `mixed` holds the columns, centred, turned by a random " +
      "rotation and with Gaussian noise of a tenth of their root mean square, so that every column " +
      "carries something of all.",
    comparisons: [
      { name: "original", flags: `${cifar("squeezenet")} ${MLP} ${BETAS} ${FOUR}` },
      ...["doubled", "mixed"].map((name) => ({
        name,
        flags: `--data $DATA/cifar10 --features $MADE/squeezenet_${name}.safetensors ${MLP} ` +
          `${BETAS} ${FOUR}`,
      })),
    ],
  },
  {
    name: "ranking",
    title: "Scores of teachers before training, and students after it",
    question:
      "Do the scores of aft rank order sets of teachers as the accuracies of their students " +
      "do?",
    note:
      "Single teachers, pairs and all three. The runs are those of the claim on several teachers.",
    comparisons: [TEACHER_SETS],
  },
  {
    name: "regression",
    title: "Values instead of classes",
    question: "Does AFT help a student that predicts a number?",
    note: "The number is the logit of class cat that a linear probe of resnet20, fitted to the " +
      "training rows, gives to an image; its mean over them is 0 and its variance 1. The student's " +
      "teacher is squeezenet.",
    comparisons: [{
      name: "cat",
      flags: "--data $MADE/cifar10_cat.safetensors " +
        `--features ${FEATURES}squeezenet.f16.safetensors ${MLP} ${BETAS} ${FOUR}`,
    }],
  },
  {
    name: "text",
    title: "Sentences",
    question: "Does AFT help a student of text, whichever teacher it has?",
    note: "SST-2, 75 numbers for a sentence as input, 300 steps.",
    comparisons: [{
      name: "sst2",
      flags: "--data $DATA/sst2/sst2_glove25.inputs.safetensors --features " +
        ["w2v300", "reactionrnn", "glove25"]
          .map((name) => `$DATA/features/sst2_${name}.f16.safetensors`).join(",") +
        " --teacher-sets each --student mlp:128,128 --steps 300 --train-sizes 1000 --seeds 10 " +
        `--tune-seeds 2 --betas 3,30 ${FOUR}`,
    }],
  },
  {
    name: "photographs",
    title: "Two hundred photographs",
    question: "Does AFT help with 243 photographs of ants and bees, whichever teacher it has?",
    note: "All rows, 32 x 32 pixels, 300 steps; a tenth of the rows chooses the strengths.",
    comparisons: [{
      name: "ants_bees",
      flags: "--data $DATA/ants_bees --image-size 32 --features " +
        ["squeezenet", "shufflenet"]
          .map((name) => `$DATA/features/antsbees_${name}.f16.safetensors`).join(",") +
        " --teacher-sets each --student mlp:128,128 --steps 300 --seeds 10 --tune-seeds 2 " +
        `${BETAS} ${FOUR}`,
    }],
  },
  {
    name: "cnn",
    title: "Convolutional students",
    question:
      "Does AFT lead with a convolutional student, from scratch and from a pre-trained body?",
    note: "The recipe of the other claims; five seeds.",
    comparisons: [
      { name: "scratch", flags: `${cifar("squeezenet")} ${CNN} --lr 0.001 ${CNN_METHODS}` },
      { name: "body", flags: `${cifar("squeezenet")} ${CNN} --lr 0.0003 ${BODY} ${CNN_METHODS}` },
    ],
  },
] as const satisfies readonly ClaimDefinition[];

/** Name of a claim. */
export type ClaimName = typeof definitions[number]["name"];
