// to_string against the very text that NumPy 2.4 prints (its str(), then what is said of dtype and shape).
#include <thread>
#include <utility>

#include "harness.h"

using namespace ph;

TEST_CASE("print: as NumPy") {
  const std::vector<std::pair<Tensor, std::string>> cases = {
      {tensor({{1.0, 2.0}, {3.0, 4.0}}, {.dtype = float32}), "[[1. 2.]\n" " [3. 4.]]"},
      {tensor({0.1, 0.25, 0.3333333333333333}, {.dtype = float32}), "[0.1        0.25       0.33333334]"},
      {tensor({1e-05, 1.0}, {.dtype = float32}), "[1.e-05 1.e+00]"},
      {tensor({10000000000.0, 1.0}, {.dtype = float32}), "[1.e+10 1.e+00]"},
      {tensor({13040000000.0, 9470810112.0, 1.5}, {.dtype = float32}), "[1.30400e+10 9.47081e+09 1.50000e+00]"},
      {tensor({2.98e-7, 9.54e-7, 1.234e-5}, {.dtype = float16}), "[2.980e-07 9.537e-07 1.234e-05], dtype=float16"},
      {tensor({1000.5, 2.25}, {.dtype = float32}), "[1000.5     2.25]"},
      {tensor({123456.0, 1.5}, {.dtype = float32}), "[1.23456e+05 1.50000e+00]"},
      {tensor({NAN, 1.0, -INFINITY, INFINITY}, {.dtype = float32}), "[ nan   1. -inf  inf]"},
      {tensor({NAN, NAN}, {.dtype = float32}), "[nan nan]"},
      {tensor({-INFINITY, 0.5}, {.dtype = float32}), "[-inf  0.5]"},
      {tensor({INFINITY, 100.25}, {.dtype = float32}), "[   inf 100.25]"},
      {tensor({0.0, -0.0}, {.dtype = float32}), "[ 0. -0.]"},
      {tensor({-1.5, 22.25, 333.0}, {.dtype = float32}), "[ -1.5   22.25 333.  ]"},
      {tensor(0.1, {.dtype = float32}), "0.1"},
      {tensor(1.0, {.dtype = float32}), "1.0"},
      {tensor(-2.5e-06, {.dtype = float32}), "-2.5e-06"},
      {tensor(NAN, {.dtype = float32}), "nan"},
      {tensor(65504.0, {.dtype = float32}), "65504.0"},
      {tensor({0.0001, 0.001}, {.dtype = float32}), "[0.0001 0.001 ]"},
      {tensor({9e-05, 0.5}, {.dtype = float32}), "[9.e-05 5.e-01]"},
      {tensor({999999.0, 1000000.0}, {.dtype = float32}), "[9.99999e+05 1.00000e+06]"},
      {tensor({3.14159265358979, 2.718281828459045}, {.dtype = float32}), "[3.1415927 2.7182817]"},
      {tensor({1e-05, NAN, -1e-07}, {.dtype = float32}), "[ 1.e-05     nan -1.e-07]"},
      {tensor({{{1.0, 2.0}, {3.0, 4.0}}, {{5.0, 6.0}, {7.0, 8.5}}}, {.dtype = float32}),
       "[[[1.  2. ]\n"
       "  [3.  4. ]]\n"
       "\n"
       " [[5.  6. ]\n"
       "  [7.  8.5]]]"},
      {tensor({{{{1.0}}, {{2.0}}}}, {.dtype = float32}), "[[[[1.]]\n" "\n" "  [[2.]]]]"},
      {tensor({{1.0, 2.0}, {3.0, 4.0}}, {.dtype = float64}), "[[1. 2.]\n" " [3. 4.]], dtype=float64"},
      {tensor({0.1, 0.25, 0.3333333333333333}, {.dtype = float64}), "[0.1        0.25       0.33333333], dtype=float64"},
      {tensor({1e-05, 1.0}, {.dtype = float64}), "[1.e-05 1.e+00], dtype=float64"},
      {tensor({10000000000.0, 1.0}, {.dtype = float64}), "[1.e+10 1.e+00], dtype=float64"},
      {tensor({1000.5, 2.25}, {.dtype = float64}), "[1000.5     2.25], dtype=float64"},
      {tensor({123456.0, 1.5}, {.dtype = float64}), "[1.23456e+05 1.50000e+00], dtype=float64"},
      {tensor({NAN, 1.0, -INFINITY, INFINITY}, {.dtype = float64}), "[ nan   1. -inf  inf], dtype=float64"},
      {tensor({NAN, NAN}, {.dtype = float64}), "[nan nan], dtype=float64"},
      {tensor({-INFINITY, 0.5}, {.dtype = float64}), "[-inf  0.5], dtype=float64"},
      {tensor({INFINITY, 100.25}, {.dtype = float64}), "[   inf 100.25], dtype=float64"},
      {tensor({0.0, -0.0}, {.dtype = float64}), "[ 0. -0.], dtype=float64"},
      {tensor({-1.5, 22.25, 333.0}, {.dtype = float64}), "[ -1.5   22.25 333.  ], dtype=float64"},
      {tensor(0.1, {.dtype = float64}), "0.1, dtype=float64"},
      {tensor(1.0, {.dtype = float64}), "1.0, dtype=float64"},
      {tensor(-2.5e-06, {.dtype = float64}), "-2.5e-06, dtype=float64"},
      {tensor(NAN, {.dtype = float64}), "nan, dtype=float64"},
      {tensor(65504.0, {.dtype = float64}), "65504.0, dtype=float64"},
      {tensor({0.0001, 0.001}, {.dtype = float64}), "[0.0001 0.001 ], dtype=float64"},
      {tensor({9e-05, 0.5}, {.dtype = float64}), "[9.e-05 5.e-01], dtype=float64"},
      {tensor({999999.0, 1000000.0}, {.dtype = float64}), "[ 999999. 1000000.], dtype=float64"},
      {tensor({3.14159265358979, 2.718281828459045}, {.dtype = float64}), "[3.14159265 2.71828183], dtype=float64"},
      {tensor({1e-05, NAN, -1e-07}, {.dtype = float64}), "[ 1.e-05     nan -1.e-07], dtype=float64"},
      {tensor({{{1.0, 2.0}, {3.0, 4.0}}, {{5.0, 6.0}, {7.0, 8.5}}}, {.dtype = float64}),
       "[[[1.  2. ]\n"
       "  [3.  4. ]]\n"
       "\n"
       " [[5.  6. ]\n"
       "  [7.  8.5]]], dtype=float64"},
      {tensor({{{{1.0}}, {{2.0}}}}, {.dtype = float64}), "[[[[1.]]\n" "\n" "  [[2.]]]], dtype=float64"},
      {tensor({{1.0, 2.0}, {3.0, 4.0}}, {.dtype = float16}), "[[1. 2.]\n" " [3. 4.]], dtype=float16"},
      {tensor({0.1, 0.25, 0.3333333333333333}, {.dtype = float16}), "[0.1    0.25   0.3333], dtype=float16"},
      {tensor({1e-05, 1.0}, {.dtype = float16}), "[1.e-05 1.e+00], dtype=float16"},
      {tensor({1000.5, 2.25}, {.dtype = float16}), "[1.0005e+03 2.2500e+00], dtype=float16"},
      {tensor({NAN, 1.0, -INFINITY, INFINITY}, {.dtype = float16}), "[ nan   1. -inf  inf], dtype=float16"},
      {tensor({NAN, NAN}, {.dtype = float16}), "[nan nan], dtype=float16"},
      {tensor({-INFINITY, 0.5}, {.dtype = float16}), "[-inf  0.5], dtype=float16"},
      {tensor({INFINITY, 100.25}, {.dtype = float16}), "[   inf 100.25], dtype=float16"},
      {tensor({0.0, -0.0}, {.dtype = float16}), "[ 0. -0.], dtype=float16"},
      {tensor({-1.5, 22.25, 333.0}, {.dtype = float16}), "[ -1.5   22.25 333.  ], dtype=float16"},
      {tensor(0.1, {.dtype = float16}), "0.1, dtype=float16"},
      {tensor(1.0, {.dtype = float16}), "1.0, dtype=float16"},
      {tensor(-2.5e-06, {.dtype = float16}), "-2.5e-06, dtype=float16"},
      {tensor(NAN, {.dtype = float16}), "nan, dtype=float16"},
      {tensor(65504.0, {.dtype = float16}), "6.55e+04, dtype=float16"},
      {tensor({0.0001, 0.001}, {.dtype = float16}), "[0.0001 0.001 ], dtype=float16"},
      {tensor({9e-05, 0.5}, {.dtype = float16}), "[9.e-05 5.e-01], dtype=float16"},
      {tensor({3.14159265358979, 2.718281828459045}, {.dtype = float16}), "[3.14  2.719], dtype=float16"},
      {tensor({1e-05, NAN, -1e-07}, {.dtype = float16}), "[ 1.e-05     nan -1.e-07], dtype=float16"},
      {tensor({{{1.0, 2.0}, {3.0, 4.0}}, {{5.0, 6.0}, {7.0, 8.5}}}, {.dtype = float16}),
       "[[[1.  2. ]\n"
       "  [3.  4. ]]\n"
       "\n"
       " [[5.  6. ]\n"
       "  [7.  8.5]]], dtype=float16"},
      {tensor({{{{1.0}}, {{2.0}}}}, {.dtype = float16}), "[[[[1.]]\n" "\n" "  [[2.]]]], dtype=float16"},
      {tensor(1e+16, {.dtype = float64}), "1e+16, dtype=float64"},
      {tensor(1000000000000000.0, {.dtype = float64}), "1000000000000000.0, dtype=float64"},
      {tensor(123456789.12345679, {.dtype = float64}), "123456789.12345679, dtype=float64"},
      {tensor(1e+100, {.dtype = float64}), "1e+100, dtype=float64"},
      {tensor(5e-324, {.dtype = float64}), "5e-324, dtype=float64"},
      {tensor({1e+308, 1e-308}, {.dtype = float64}), "[1.e+308 1.e-308], dtype=float64"},
      {tensor({1e+100, -1e-100, 1.0}, {.dtype = float64}), "[ 1.e+100 -1.e-100  1.e+000], dtype=float64"},
      {tensor({5e-324}, {.dtype = float64}), "[5.e-324], dtype=float64"},
      {tensor({1.7976931348623157e+308}, {.dtype = float64}), "[1.79769313e+308], dtype=float64"},
      {tensor({0.123456789012, 1.0}, {.dtype = float64}), "[0.12345679 1.        ], dtype=float64"},
      {tensor({0.100000000001, 1.0}, {.dtype = float64}), "[0.1 1. ], dtype=float64"},
      {tensor({1.999999999, 2.0}, {.dtype = float64}), "[2. 2.], dtype=float64"},
      {tensor({9.99999999e-09}, {.dtype = float64}), "[9.99999999e-09], dtype=float64"},
      {tensor({12345678.125, 100000.0}, {.dtype = float64}), "[12345678.125   100000.   ], dtype=float64"},
      {tensor({99999999.0}, {.dtype = float64}), "[99999999.], dtype=float64"},
      {tensor({100000000.0}, {.dtype = float64}), "[1.e+08], dtype=float64"},
      {tensor({1e-45, 1.0}, {.dtype = float32}), "[1.e-45 1.e+00]"},
      {tensor(3.4028234663852886e+38, {.dtype = float32}), "3.4028235e+38"},
      {tensor({16777216.0}, {.dtype = float32}), "[1.6777216e+07]"},
      {tensor(16777216.0, {.dtype = float32}), "1.6777216e+07"},
      {tensor({1, 2, 300}, {.dtype = int64}), "[  1   2 300]"},
      {tensor({{-1, 20}, {3, -400}}, {.dtype = int32}), "[[  -1   20]\n" " [   3 -400]], dtype=int32"},
      {tensor({0, 255}, {.dtype = uint8}), "[  0 255], dtype=uint8"},
      {tensor(7, {.dtype = int64}), "7"},
      {tensor({9223372036854775807}, {.dtype = int64}), "[9223372036854775807]"},
      {tensor({true, false}, {.dtype = bool_}), "[ True False]"},
      {tensor({{true}, {false}}, {.dtype = bool_}), "[[ True]\n" " [False]]"},
      {tensor(true, {.dtype = bool_}), "True"},
      {tensor(false, {.dtype = bool_}), "False"},
      {tensor({cdouble(1.0, 2.0), cdouble(3.5, -4.0)}, {.dtype = complex128}), "[1. +2.j 3.5-4.j], dtype=complex128"},
      {tensor(cdouble(1.0, 2.0), {.dtype = complex128}), "(1+2j), dtype=complex128"},
      {tensor(cdouble(0.0, 1.5), {.dtype = complex128}), "1.5j, dtype=complex128"},
      {tensor(cdouble(-0.5, 0.0), {.dtype = complex128}), "(-0.5+0j), dtype=complex128"},
      {tensor({cdouble(1e-05, 100000.0), cdouble(1.0, 1.0)}, {.dtype = complex128}),
       "[1.e-05+1.e+05j 1.e+00+1.e+00j], dtype=complex128"},
      {tensor({cdouble(NAN, 1.0), cdouble(1.0, -INFINITY)}, {.dtype = complex128}), "[nan +1.j  1.-infj], dtype=complex128"},
      {tensor({{cdouble(1.0, 1.0), cdouble(2.0, -2.0)}, {cdouble(0.25, 3.0), cdouble(100.0, -0.5)}}, {.dtype = complex128}),
       "[[  1.  +1.j    2.  -2.j ]\n"
       " [  0.25+3.j  100.  -0.5j]], dtype=complex128"},
      {tensor(cdouble(1e+20, 1e-20), {.dtype = complex128}), "(1e+20+1e-20j), dtype=complex128"},
      {tensor({cdouble(1.0, 2.0), cdouble(3.5, -4.0)}, {.dtype = complex64}), "[1. +2.j 3.5-4.j]"},
      {tensor(cdouble(1.0, 2.0), {.dtype = complex64}), "(1+2j)"},
      {tensor(cdouble(0.0, 1.5), {.dtype = complex64}), "1.5j"},
      {tensor(cdouble(-0.5, 0.0), {.dtype = complex64}), "(-0.5+0j)"},
      {tensor({cdouble(1e-05, 100000.0), cdouble(1.0, 1.0)}, {.dtype = complex64}), "[1.e-05+1.e+05j 1.e+00+1.e+00j]"},
      {tensor({cdouble(NAN, 1.0), cdouble(1.0, -INFINITY)}, {.dtype = complex64}), "[nan +1.j  1.-infj]"},
      {tensor({{cdouble(1.0, 1.0), cdouble(2.0, -2.0)}, {cdouble(0.25, 3.0), cdouble(100.0, -0.5)}}, {.dtype = complex64}),
       "[[  1.  +1.j    2.  -2.j ]\n"
       " [  0.25+3.j  100.  -0.5j]]"},
      {tensor(cdouble(1e+20, 1e-20), {.dtype = complex64}), "(1e+20+1e-20j)"},
      {zeros({0}), "[], dtype=float32"},
      {zeros({2, 0, 3}), "[], shape=[2, 0, 3], dtype=float32"},
      {zeros({0, 3}, {.dtype = int64}), "[], shape=[0, 3], dtype=int64"},
      {arange(30), "[ 0  1  2  3  4  5  6  7  8  9 10 11 12 13 14 15 16 17 18 19 20 21 22 23\n" " 24 25 26 27 28 29]"},
      {arange(100),
       "[ 0  1  2  3  4  5  6  7  8  9 10 11 12 13 14 15 16 17 18 19 20 21 22 23\n"
       " 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47\n"
       " 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63 64 65 66 67 68 69 70 71\n"
       " 72 73 74 75 76 77 78 79 80 81 82 83 84 85 86 87 88 89 90 91 92 93 94 95\n"
       " 96 97 98 99]"},
      {arange(1000),
       "[  0   1   2   3   4   5   6   7   8   9  10  11  12  13  14  15  16  17\n"
       "  18  19  20  21  22  23  24  25  26  27  28  29  30  31  32  33  34  35\n"
       "  36  37  38  39  40  41  42  43  44  45  46  47  48  49  50  51  52  53\n"
       "  54  55  56  57  58  59  60  61  62  63  64  65  66  67  68  69  70  71\n"
       "  72  73  74  75  76  77  78  79  80  81  82  83  84  85  86  87  88  89\n"
       "  90  91  92  93  94  95  96  97  98  99 100 101 102 103 104 105 106 107\n"
       " 108 109 110 111 112 113 114 115 116 117 118 119 120 121 122 123 124 125\n"
       " 126 127 128 129 130 131 132 133 134 135 136 137 138 139 140 141 142 143\n"
       " 144 145 146 147 148 149 150 151 152 153 154 155 156 157 158 159 160 161\n"
       " 162 163 164 165 166 167 168 169 170 171 172 173 174 175 176 177 178 179\n"
       " 180 181 182 183 184 185 186 187 188 189 190 191 192 193 194 195 196 197\n"
       " 198 199 200 201 202 203 204 205 206 207 208 209 210 211 212 213 214 215\n"
       " 216 217 218 219 220 221 222 223 224 225 226 227 228 229 230 231 232 233\n"
       " 234 235 236 237 238 239 240 241 242 243 244 245 246 247 248 249 250 251\n"
       " 252 253 254 255 256 257 258 259 260 261 262 263 264 265 266 267 268 269\n"
       " 270 271 272 273 274 275 276 277 278 279 280 281 282 283 284 285 286 287\n"
       " 288 289 290 291 292 293 294 295 296 297 298 299 300 301 302 303 304 305\n"
       " 306 307 308 309 310 311 312 313 314 315 316 317 318 319 320 321 322 323\n"
       " 324 325 326 327 328 329 330 331 332 333 334 335 336 337 338 339 340 341\n"
       " 342 343 344 345 346 347 348 349 350 351 352 353 354 355 356 357 358 359\n"
       " 360 361 362 363 364 365 366 367 368 369 370 371 372 373 374 375 376 377\n"
       " 378 379 380 381 382 383 384 385 386 387 388 389 390 391 392 393 394 395\n"
       " 396 397 398 399 400 401 402 403 404 405 406 407 408 409 410 411 412 413\n"
       " 414 415 416 417 418 419 420 421 422 423 424 425 426 427 428 429 430 431\n"
       " 432 433 434 435 436 437 438 439 440 441 442 443 444 445 446 447 448 449\n"
       " 450 451 452 453 454 455 456 457 458 459 460 461 462 463 464 465 466 467\n"
       " 468 469 470 471 472 473 474 475 476 477 478 479 480 481 482 483 484 485\n"
       " 486 487 488 489 490 491 492 493 494 495 496 497 498 499 500 501 502 503\n"
       " 504 505 506 507 508 509 510 511 512 513 514 515 516 517 518 519 520 521\n"
       " 522 523 524 525 526 527 528 529 530 531 532 533 534 535 536 537 538 539\n"
       " 540 541 542 543 544 545 546 547 548 549 550 551 552 553 554 555 556 557\n"
       " 558 559 560 561 562 563 564 565 566 567 568 569 570 571 572 573 574 575\n"
       " 576 577 578 579 580 581 582 583 584 585 586 587 588 589 590 591 592 593\n"
       " 594 595 596 597 598 599 600 601 602 603 604 605 606 607 608 609 610 611\n"
       " 612 613 614 615 616 617 618 619 620 621 622 623 624 625 626 627 628 629\n"
       " 630 631 632 633 634 635 636 637 638 639 640 641 642 643 644 645 646 647\n"
       " 648 649 650 651 652 653 654 655 656 657 658 659 660 661 662 663 664 665\n"
       " 666 667 668 669 670 671 672 673 674 675 676 677 678 679 680 681 682 683\n"
       " 684 685 686 687 688 689 690 691 692 693 694 695 696 697 698 699 700 701\n"
       " 702 703 704 705 706 707 708 709 710 711 712 713 714 715 716 717 718 719\n"
       " 720 721 722 723 724 725 726 727 728 729 730 731 732 733 734 735 736 737\n"
       " 738 739 740 741 742 743 744 745 746 747 748 749 750 751 752 753 754 755\n"
       " 756 757 758 759 760 761 762 763 764 765 766 767 768 769 770 771 772 773\n"
       " 774 775 776 777 778 779 780 781 782 783 784 785 786 787 788 789 790 791\n"
       " 792 793 794 795 796 797 798 799 800 801 802 803 804 805 806 807 808 809\n"
       " 810 811 812 813 814 815 816 817 818 819 820 821 822 823 824 825 826 827\n"
       " 828 829 830 831 832 833 834 835 836 837 838 839 840 841 842 843 844 845\n"
       " 846 847 848 849 850 851 852 853 854 855 856 857 858 859 860 861 862 863\n"
       " 864 865 866 867 868 869 870 871 872 873 874 875 876 877 878 879 880 881\n"
       " 882 883 884 885 886 887 888 889 890 891 892 893 894 895 896 897 898 899\n"
       " 900 901 902 903 904 905 906 907 908 909 910 911 912 913 914 915 916 917\n"
       " 918 919 920 921 922 923 924 925 926 927 928 929 930 931 932 933 934 935\n"
       " 936 937 938 939 940 941 942 943 944 945 946 947 948 949 950 951 952 953\n"
       " 954 955 956 957 958 959 960 961 962 963 964 965 966 967 968 969 970 971\n"
       " 972 973 974 975 976 977 978 979 980 981 982 983 984 985 986 987 988 989\n"
       " 990 991 992 993 994 995 996 997 998 999]"},
      {arange(1001), "[   0    1    2 ...  998  999 1000], shape=[1001]"},
      {arange(0.0, 3.0, 0.125),
       "[0.    0.125 0.25  0.375 0.5   0.625 0.75  0.875 1.    1.125 1.25  1.375\n"
       " 1.5   1.625 1.75  1.875 2.    2.125 2.25  2.375 2.5   2.625 2.75  2.875]"},
      {arange(0, 2000, 1, {.dtype = float32}),
       "[0.000e+00 1.000e+00 2.000e+00 ... 1.997e+03 1.998e+03 1.999e+03], shape=[2000]"},
      {reshape(arange(1200), {30, 40}),
       "[[   0    1    2 ...   37   38   39]\n"
       " [  40   41   42 ...   77   78   79]\n"
       " [  80   81   82 ...  117  118  119]\n"
       " ...\n"
       " [1080 1081 1082 ... 1117 1118 1119]\n"
       " [1120 1121 1122 ... 1157 1158 1159]\n"
       " [1160 1161 1162 ... 1197 1198 1199]], shape=[30, 40]"},
      {reshape(arange(1200), {2, 300, 2}),
       "[[[   0    1]\n"
       "  [   2    3]\n"
       "  [   4    5]\n"
       "  ...\n"
       "  [ 594  595]\n"
       "  [ 596  597]\n"
       "  [ 598  599]]\n"
       "\n"
       " [[ 600  601]\n"
       "  [ 602  603]\n"
       "  [ 604  605]\n"
       "  ...\n"
       "  [1194 1195]\n"
       "  [1196 1197]\n"
       "  [1198 1199]]], shape=[2, 300, 2]"},
      {reshape(arange(0, 1200, 1, {.dtype = float64}), {4, 5, 60}),
       "[[[0.000e+00 1.000e+00 2.000e+00 ... 5.700e+01 5.800e+01 5.900e+01]\n"
       "  [6.000e+01 6.100e+01 6.200e+01 ... 1.170e+02 1.180e+02 1.190e+02]\n"
       "  [1.200e+02 1.210e+02 1.220e+02 ... 1.770e+02 1.780e+02 1.790e+02]\n"
       "  [1.800e+02 1.810e+02 1.820e+02 ... 2.370e+02 2.380e+02 2.390e+02]\n"
       "  [2.400e+02 2.410e+02 2.420e+02 ... 2.970e+02 2.980e+02 2.990e+02]]\n"
       "\n"
       " [[3.000e+02 3.010e+02 3.020e+02 ... 3.570e+02 3.580e+02 3.590e+02]\n"
       "  [3.600e+02 3.610e+02 3.620e+02 ... 4.170e+02 4.180e+02 4.190e+02]\n"
       "  [4.200e+02 4.210e+02 4.220e+02 ... 4.770e+02 4.780e+02 4.790e+02]\n"
       "  [4.800e+02 4.810e+02 4.820e+02 ... 5.370e+02 5.380e+02 5.390e+02]\n"
       "  [5.400e+02 5.410e+02 5.420e+02 ... 5.970e+02 5.980e+02 5.990e+02]]\n"
       "\n"
       " [[6.000e+02 6.010e+02 6.020e+02 ... 6.570e+02 6.580e+02 6.590e+02]\n"
       "  [6.600e+02 6.610e+02 6.620e+02 ... 7.170e+02 7.180e+02 7.190e+02]\n"
       "  [7.200e+02 7.210e+02 7.220e+02 ... 7.770e+02 7.780e+02 7.790e+02]\n"
       "  [7.800e+02 7.810e+02 7.820e+02 ... 8.370e+02 8.380e+02 8.390e+02]\n"
       "  [8.400e+02 8.410e+02 8.420e+02 ... 8.970e+02 8.980e+02 8.990e+02]]\n"
       "\n"
       " [[9.000e+02 9.010e+02 9.020e+02 ... 9.570e+02 9.580e+02 9.590e+02]\n"
       "  [9.600e+02 9.610e+02 9.620e+02 ... 1.017e+03 1.018e+03 1.019e+03]\n"
       "  [1.020e+03 1.021e+03 1.022e+03 ... 1.077e+03 1.078e+03 1.079e+03]\n"
       "  [1.080e+03 1.081e+03 1.082e+03 ... 1.137e+03 1.138e+03 1.139e+03]\n"
       "  [1.140e+03 1.141e+03 1.142e+03 ... 1.197e+03 1.198e+03 1.199e+03]]], shape=[4, 5, 60], dtype=float64"},
      {reshape(arange(1001), {7, 11, 13}),
       "[[[   0    1    2 ...   10   11   12]\n"
       "  [  13   14   15 ...   23   24   25]\n"
       "  [  26   27   28 ...   36   37   38]\n"
       "  ...\n"
       "  [ 104  105  106 ...  114  115  116]\n"
       "  [ 117  118  119 ...  127  128  129]\n"
       "  [ 130  131  132 ...  140  141  142]]\n"
       "\n"
       " [[ 143  144  145 ...  153  154  155]\n"
       "  [ 156  157  158 ...  166  167  168]\n"
       "  [ 169  170  171 ...  179  180  181]\n"
       "  ...\n"
       "  [ 247  248  249 ...  257  258  259]\n"
       "  [ 260  261  262 ...  270  271  272]\n"
       "  [ 273  274  275 ...  283  284  285]]\n"
       "\n"
       " [[ 286  287  288 ...  296  297  298]\n"
       "  [ 299  300  301 ...  309  310  311]\n"
       "  [ 312  313  314 ...  322  323  324]\n"
       "  ...\n"
       "  [ 390  391  392 ...  400  401  402]\n"
       "  [ 403  404  405 ...  413  414  415]\n"
       "  [ 416  417  418 ...  426  427  428]]\n"
       "\n"
       " ...\n"
       "\n"
       " [[ 572  573  574 ...  582  583  584]\n"
       "  [ 585  586  587 ...  595  596  597]\n"
       "  [ 598  599  600 ...  608  609  610]\n"
       "  ...\n"
       "  [ 676  677  678 ...  686  687  688]\n"
       "  [ 689  690  691 ...  699  700  701]\n"
       "  [ 702  703  704 ...  712  713  714]]\n"
       "\n"
       " [[ 715  716  717 ...  725  726  727]\n"
       "  [ 728  729  730 ...  738  739  740]\n"
       "  [ 741  742  743 ...  751  752  753]\n"
       "  ...\n"
       "  [ 819  820  821 ...  829  830  831]\n"
       "  [ 832  833  834 ...  842  843  844]\n"
       "  [ 845  846  847 ...  855  856  857]]\n"
       "\n"
       " [[ 858  859  860 ...  868  869  870]\n"
       "  [ 871  872  873 ...  881  882  883]\n"
       "  [ 884  885  886 ...  894  895  896]\n"
       "  ...\n"
       "  [ 962  963  964 ...  972  973  974]\n"
       "  [ 975  976  977 ...  985  986  987]\n"
       "  [ 988  989  990 ...  998  999 1000]]], shape=[7, 11, 13]"},
      {transpose(reshape(arange(6), {2, 3}), 0, 1), "[[0 3]\n" " [1 4]\n" " [2 5]]"},
      {eye(3), "[[1. 0. 0.]\n" " [0. 1. 0.]\n" " [0. 0. 1.]]"},
      {arange(5).index({Slice(None, None, -2)}), "[4 2 0]"},
      {div(reshape(arange(0, 40, 1, {.dtype = float64}), {2, 20}), 7.0),
       "[[0.         0.14285714 0.28571429 0.42857143 0.57142857 0.71428571\n"
       "  0.85714286 1.         1.14285714 1.28571429 1.42857143 1.57142857\n"
       "  1.71428571 1.85714286 2.         2.14285714 2.28571429 2.42857143\n"
       "  2.57142857 2.71428571]\n"
       " [2.85714286 3.         3.14285714 3.28571429 3.42857143 3.57142857\n"
       "  3.71428571 3.85714286 4.         4.14285714 4.28571429 4.42857143\n"
       "  4.57142857 4.71428571 4.85714286 5.         5.14285714 5.28571429\n"
       "  5.42857143 5.57142857]], dtype=float64"},
      {expand(tensor(2.5), {2, 3}), "[[2.5 2.5 2.5]\n" " [2.5 2.5 2.5]]"},
      {ones({1, 1, 1, 1}), "[[[[1.]]]]"},
      {reshape(arange(1100), {1100, 1}),
       "[[   0]\n"
       " [   1]\n"
       " [   2]\n"
       " ...\n"
       " [1097]\n"
       " [1098]\n"
       " [1099]], shape=[1100, 1]"},
  };
  for (const auto& [x, text] : cases) CHECK(to_string(x) == text);
}

TEST_CASE("print: what the values do not show") {
  Tensor x = tensor({1., 2.}, {.requires_grad = true});
  CHECK(to_string(x) == "[1. 2.], requires_grad=true");
  CHECK(to_string(x.select(0, 1)) == "2.0, grad_fn=select");
  CHECK(to_string(x.detach()) == "[1. 2.]");
  CHECK(to_string(Tensor()) == "undefined");
  CHECK(to_string(ones(Shape::filled(100000, 1))) == "<1 elements in 100000 dimensions>");
  CHECK(to_string(tensor({1., 0.1}, {.dtype = bfloat16})) == "[1.  0.1], dtype=bfloat16");
  CHECK(to_string(tensor({100., 3.}, {.dtype = bfloat16})) == "[100.   3.], dtype=bfloat16");
  CHECK(to_string(tensor({100., 3.}, {.dtype = float16})) == "[100.   3.], dtype=float16");
  CHECK(to_string(tensor(500., {.dtype = bfloat16})) == "500.0, dtype=bfloat16");
  CHECK(to_string(tensor({1024., 3.}, {.dtype = bfloat16})) == "[1.024e+03 3.000e+00], dtype=bfloat16");
  set_default_dtype(float64);
  CHECK(to_string(tensor({1.5})) == "[1.5]");
  CHECK(to_string(tensor({1.5}, {.dtype = float32})) == "[1.5], dtype=float32");
  set_default_dtype(float32);
}

TEST_CASE("print: layouts print as their elements") {
  const Tensor x = reshape(arange(0, 24, 1, {.dtype = float32}), {2, 3, 4});
  for (const Tensor& v : {x, permute(x, {2, 0, 1}), flip(x), slice(x, 2, {None, None, 2}), expand(x.select(1, 0).unsqueeze(1), {2, 5, 4})})
    CHECK(to_string(v) == to_string(v.clone()));
}

TEST_CASE("print options: NumPy 2.4's text under its options of the same names") {
  const auto with = [](const PrintOptions& o, const Tensor& x) {
    const PrintOptions before = set_print_options(o);
    const std::string s = to_string(x);
    CHECK(set_print_options(before) == o);
    return s;
  };
  const Tensor x = tensor({0.123456789, 12.5, 1e-4}, {.dtype = float64}), many = arange(20).reshape({2, 10});
  set_default_dtype(float64);
  CHECK(with({.precision = 3}, x) == "[1.235e-01 1.250e+01 1.000e-04]");
  CHECK(with({.precision = 3, .scientific = PrintOptions::Scientific::never}, x) == "[ 0.123 12.5    0.   ]");
  CHECK(with({.precision = 0}, tensor({1.5, 22.0})) == "[ 2. 22.]");
  CHECK(with({.precision = 2, .scientific = PrintOptions::Scientific::always}, tensor({1.5, 0.0})) == "[1.5e+00 0.0e+00]");
  CHECK(with({.precision = 20}, tensor({0.1})) == "[0.1]");
  CHECK(with({.precision = 50, .scientific = PrintOptions::Scientific::never}, tensor({1.7976931348623157e308})).size() == 312);
  CHECK(with({.precision = 3}, tensor(1.0 / 3)) == "0.333");
  CHECK(with({}, tensor(1.0 / 3)) == "0.3333333333333333");
  CHECK(with({.scientific = PrintOptions::Scientific::always}, tensor(25.0)) == "2.5e+01");
  CHECK(with({.threshold = 5, .edgeitems = 1}, many) == "[[ 0 ...  9]\n [10 ... 19]], shape=[2, 10]");
  CHECK(with({.threshold = 5, .edgeitems = 5}, arange(10)) == "[0 1 2 3 4 5 6 7 8 9], shape=[10]");
  CHECK(with({.linewidth = 20}, arange(12)) == "[ 0  1  2  3  4  5\n  6  7  8  9 10 11]");
  set_default_dtype(float32);
  CHECK(print_options() == PrintOptions());
  CHECK_ERROR(set_print_options({.precision = 51}), "set_print_options: precision must be from 0 to 50; got precision=51");
  CHECK_ERROR(set_print_options({.threshold = -1}), "set_print_options: threshold must not be negative; got threshold=-1");
  CHECK_ERROR(set_print_options({.edgeitems = 0}), "set_print_options: edgeitems must be at least 1; got edgeitems=0");
  CHECK_ERROR(set_print_options({.linewidth = 0}), "set_print_options: linewidth must be at least 1; got linewidth=0");
  // Other threads have their own.
  const PrintOptions before = set_print_options({.precision = 1});
  std::string there;
  std::thread([&] { there = to_string(tensor({0.25})); }).join();
  CHECK(there == "[0.25]");
  set_print_options(before);
}
